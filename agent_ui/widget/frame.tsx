/** The frame's entry: puts home, thread and composer together and ties them to session, shop page and keyboard. */

import { effect, signal } from "@preact/signals";
import { render } from "preact";
import { wear } from "./brand";
import { chime } from "./chime";
import { outgoing } from "./outbox";
import { framed, t } from "./page";
import { Composer } from "./parts/composer";
import { takeDrop } from "./parts/files";
import { Header } from "./parts/header";
import { Home } from "./parts/home";
import { Connection, Guard } from "./parts/notices";
import { Thread } from "./parts/thread";
import type { Message } from "./protocol";
import { onArrival, watch } from "./session";
import { begin, close } from "./shop";
import { account, letter, looking, place, sound } from "./state";

const SPOKEN = 5;

const spoken = signal<readonly Message[]>([]);

function announce(message: Message): void {
  if (message.from !== "us") return;
  spoken.value = [...spoken.value, message].slice(-SPOKEN);
  if (!looking.value && sound.value) chime();
}

/** Speaks each new message of ours, and nothing of what was there before. */
function Announcer() {
  return (
    <div class="said" role="log" aria-live="polite" aria-label={t("news")}>
      {spoken.value.map((message) => (
        <p key={message.id}>
          {message.author || t("us")}: {message.text || message.attachments.map((file) => file.filename).join(", ")}
        </p>
      ))}
    </div>
  );
}

function Panel() {
  if (place.value === "home") return <Home />;
  const asLetter = letter.value && !outgoing.value.length;
  return (
    <main class="talk" aria-labelledby="title" onDragOver={(event) => event.preventDefault()} onDrop={takeDrop}>
      <Thread />
      {!asLetter && <Composer />}
    </main>
  );
}

function App() {
  return (
    <Guard>
      <Header />
      <Connection />
      <Panel />
      <Announcer />
    </Guard>
  );
}

function start(): void {
  const root = document.getElementById("app") as HTMLElement;
  root.replaceChildren();
  effect(() => wear(account.value.brand));
  onArrival(announce);
  watch();
  begin();
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && framed) close();
  });
  render(<App />, root);
}

start();
