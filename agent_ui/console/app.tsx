/** The frame of the console: which regions stand beside each other, and which one alone on a phone. */

import type { JSX } from "preact";
import { Conversation, NoConversation } from "./conversation";
import { open, ready } from "./connection";
import { DialogHost } from "./dialog";
import { focusComposer } from "./drafts";
import { Inbox } from "./inbox";
import { ConnectionStrip } from "./notices";
import { spoken } from "./notify";
import { conversationLoading } from "./opening";
import { Panel } from "./panel";
import { drawerOpen } from "./panel-state";
import { Calls } from "./phone";
import { preferences } from "./preferences";
import { Rail } from "./rail";
import { route } from "./router";
import { Find } from "./search";
import { Settings } from "./settings";
import { Skeleton, useLate } from "./states";
import { t } from "./text";
import { Toasts } from "./toasts";

export function App(): JSX.Element {
  const { region, customer } = route.value;
  const panel = preferences.value.panel ? "" : " no-panel";
  const inside = customer ? " inside" : "";
  return (
    <>
      <Skip />
      <ConnectionStrip />
      <div class={`app region-${region}${inside}${panel}`}>
        <Rail />
        <Regions />
      </div>
      <Toasts />
      <DialogHost />
      <div class="unseen" role="status">
        {spoken.value}
      </div>
    </>
  );
}

/** Past the list to where one writes; the address holds the route, so the link moves the focus itself. */
function Skip(): JSX.Element | null {
  if (!route.value.customer || !open.value || conversationLoading.value.is !== "idle") return null;
  const skip = (event: MouseEvent) => {
    event.preventDefault();
    focusComposer();
  };
  return (
    <a class="skip" href="#composer-text" onClick={skip}>
      {t("skip")}
    </a>
  );
}

function Regions(): JSX.Element {
  const { region } = route.value;
  const late = useLate(!ready.value);
  if (!ready.value) {
    return (
      <main class="starting">
        <h1 class="unseen">{t("title")}</h1>
        {late && <Skeleton rows={8} />}
      </main>
    );
  }
  return (
    <main class="regions">
      {region === "calls" && <Calls />}
      {region === "settings" && <Settings />}
      {(region === "inbox" || region === "find") && <Beside />}
    </main>
  );
}

/** The list, the conversation and the panel. */
function Beside(): JSX.Element {
  const { region, customer } = route.value;
  return (
    <>
      {region === "find" ? <Find /> : <Inbox />}
      {customer ? <Conversation /> : <NoConversation />}
      {customer && <Panel />}
      {drawerOpen.value && <div class="backdrop" onClick={closeDrawer} />}
    </>
  );
}

function closeDrawer(): void {
  drawerOpen.value = false;
}
