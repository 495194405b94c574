/** The frame of the console: which regions stand beside each other, and which one alone on a phone. */

import type { JSX } from "preact";
import { Conversation, NoConversation } from "./conversation";
import { ready } from "./connection";
import { DialogHost } from "./dialog";
import { Inbox } from "./inbox";
import { ConnectionStrip } from "./notices";
import { spoken } from "./notify";
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
      <a class="skip" href="#composer-text">
        {t("skip")}
      </a>
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

function Regions(): JSX.Element {
  const { region, customer } = route.value;
  const late = useLate(!ready.value);
  if (!ready.value) return <main class="starting">{late && <Skeleton rows={8} />}</main>;
  if (region === "calls") return <Calls />;
  if (region === "settings") return <Settings />;
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
