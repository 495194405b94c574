/** Starts the console in the page that the hub has sent. */

import { render } from "preact";
import { App } from "./app";
import { registerCommands } from "./commands";
import { ready } from "./connection";
import { keepFocus } from "./focus";
import { watchFreshness } from "./freshness";
import { startNotifying } from "./notify";
import { follow } from "./opening";
import { goOn } from "./outbox";

registerCommands();
follow();
startNotifying();
watchFreshness();
keepFocus();

// Replies that a reload interrupted go out once the hub has been heard.
const unsubscribe = ready.subscribe((isReady) => {
  if (!isReady) return;
  queueMicrotask(() => unsubscribe());
  goOn();
});

const root = document.querySelector("#console");
if (root) render(<App />, root);
