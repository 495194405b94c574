/** The rail with the places of the console; at the foot of the screen on a phone. */

import type { JSX } from "preact";
import { Gear, type Icon, Inbox, Phone, Search, Thread } from "../shared/icons";
import { counts, link, me } from "./connection";
import { callTabs } from "./calls";
import { hubView } from "./opening";
import { address, type Region, route } from "./router";
import { Avatar } from "./signs";
import { MenuButton, type MenuItem } from "./menu";
import { accountMenu } from "./account-menu";
import { t } from "./text";

export function Rail(): JSX.Element {
  const waiting = counts.value[hubView("mine")] ?? 0;
  return (
    <nav class="rail" aria-label={t("rail.label")}>
      <span class="rail-mark" aria-hidden="true">
        <Thread size={20} />
      </span>
      <Place region="inbox" view="mine" icon={Inbox} label={t("rail.inbox")} count={waiting} />
      <Place region="calls" view="" icon={Phone} label={t("rail.calls")} count={callTabs.value.length} />
      <Place region="find" view="all" icon={Search} label={t("rail.find")} keys="/" />
      <span class="rail-space" />
      <Place region="settings" view="" icon={Gear} label={t("rail.settings")} />
      <Me />
    </nav>
  );
}

interface PlaceProps {
  region: Region;
  view: string;
  icon: Icon;
  label: string;
  count?: number;
  keys?: string;
}

function Place({ region, view, icon: Sign, label, count, keys }: PlaceProps): JSX.Element {
  const here = route.value.region === region;
  return (
    <a
      class="rail-place"
      href={address({ region, view, customer: null, q: "" }, route.value)}
      aria-current={here ? "page" : undefined}
      aria-keyshortcuts={keys}
    >
      <Sign size={20} />
      <span class="rail-label">{label}</span>
      {count ? (
        <span class="rail-count">
          {count > 99 ? "99+" : count}
          <span class="unseen">{t("rail.waiting")}</span>
        </span>
      ) : null}
    </a>
  );
}

function Me(): JSX.Element | null {
  const agent = me.value;
  if (!agent) return null;
  const online = link.value.is === "open" && !agent.away;
  const items: () => MenuItem[] = () => accountMenu(agent);
  return (
    <MenuButton class="rail-me" hint={t("rail.me", { name: agent.name })} items={items}>
      <Avatar name={agent.name} id={agent.id} online={online} />
      <span class="rail-label">{t("rail.more")}</span>
      <span class="unseen">{t("rail.me", { name: agent.name })}</span>
    </MenuButton>
  );
}

