/** The settings an agent needs: themselves, how it looks, keys, notifications; and what administrators look after. */

import type { ComponentChildren, JSX } from "preact";
import { Out } from "../shared/icons";
import { setAway, signOut } from "./account-menu";
import { Accounts, CannedReplies, Colleagues, Teams } from "./admin";
import { me } from "./connection";
import { KeyTable } from "./help";
import { allowNotifications, ring } from "./notify";
import { prefer, preferences } from "./preferences";
import { address, route } from "./router";
import { Avatar } from "./signs";
import { System } from "./system";
import { named, t } from "./text";

const SECTIONS = ["me", "look", "notifications", "keys", "canned"] as const;
const ADMIN_SECTIONS = ["colleagues", "teams", "accounts", "system"] as const;
type Section = (typeof SECTIONS)[number] | (typeof ADMIN_SECTIONS)[number];

const PAGES: Record<Section, () => JSX.Element | null> = {
  me: Me,
  look: Look,
  notifications: Notifications,
  keys: Keys,
  canned: CannedReplies,
  colleagues: Colleagues,
  teams: Teams,
  accounts: Accounts,
  system: System,
};

export function Settings(): JSX.Element {
  const admin = me.value?.role === "admin";
  const sections: Section[] = admin ? [...SECTIONS, ...ADMIN_SECTIONS] : [...SECTIONS];
  const chosen = sections.find((one) => one === route.value.view);
  const section = chosen ?? "me";
  const Page = PAGES[section];
  return (
    <div class={chosen ? "settings chosen" : "settings"}>
      <nav class="settings-nav" aria-label={t("rail.settings")}>
        <h1>{t("rail.settings")}</h1>
        {sections.map((one) => (
          <a
            key={one}
            class="settings-link"
            href={address({ view: one, customer: null }, route.value)}
            aria-current={one === section ? "page" : undefined}
          >
            {t(`settings.${one}`)}
          </a>
        ))}
      </nav>
      <div class="settings-page" tabIndex={0}>
        <a class="settings-back" href={address({ view: "", customer: null }, route.value)}>
          {t("rail.settings")}
        </a>
        <Page />
      </div>
    </div>
  );
}

export function Group({ title, hint, children }: { title: string; hint?: string; children: ComponentChildren }): JSX.Element {
  return (
    <section class="settings-group">
      <h1>{title}</h1>
      {hint && <p class="panel-hint">{hint}</p>}
      {children}
    </section>
  );
}

function Me(): JSX.Element | null {
  const agent = me.value;
  if (!agent) return null;
  return (
    <Group title={t("settings.me")}>
      <div class="settings-me">
        <Avatar name={agent.name} id={agent.id} size="large" online={!agent.away} />
        <div>
          <b>{agent.name}</b>
          <span>
            {agent.email} · {t(`role.${agent.role}`)}
          </span>
        </div>
      </div>
      <Switch label={t("away.leave")} hint={t(agent.away ? "away.is" : "away.not")} on={agent.away} set={setAway} />
      <p class="settings-row">
        <a class="button" href="/account">
          {t("settings.password")}
        </a>
        <button type="button" class="button" onClick={signOut}>
          <Out size={14} />
          {t("signout")}
        </button>
      </p>
    </Group>
  );
}

interface SwitchProps {
  label: string;
  hint?: string | undefined;
  on: boolean;
  set: (on: boolean) => void;
}

function Switch({ label, hint, on, set }: SwitchProps): JSX.Element {
  return (
    <label class="switch-row">
      <span>
        {label}
        {hint && <span class="field-hint">{hint}</span>}
      </span>
      <input type="checkbox" role="switch" checked={on} onChange={(event) => set(event.currentTarget.checked)} />
    </label>
  );
}

interface OptionsProps<T extends string> {
  legend: string;
  value: T;
  options: readonly T[];
  words: string;
  set: (value: T) => void;
}

function Options<T extends string>({ legend, value, options, words, set }: OptionsProps<T>): JSX.Element {
  return (
    <fieldset class="segments">
      <legend>{legend}</legend>
      <div>
        {options.map((one) => (
          <label key={one} class="segment">
            <input type="radio" name={words} checked={value === one} onChange={() => set(one)} />
            <span>{named(words, one)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Look(): JSX.Element {
  const { theme, density } = preferences.value;
  return (
    <Group title={t("settings.look")} hint={t("settings.here")}>
      <Options legend={t("look.theme")} value={theme} options={["system", "light", "dark"]} words="theme" set={(value) => prefer({ theme: value })} />
      <Options
        legend={t("look.density")}
        value={density}
        options={["comfortable", "compact"]}
        words="density"
        set={(value) => prefer({ density: value })}
      />
    </Group>
  );
}

function Notifications(): JSX.Element {
  const { sound, notifications } = preferences.value;
  const forbidden = "Notification" in globalThis && Notification.permission === "denied";
  return (
    <Group title={t("settings.notifications")} hint={t("settings.here")}>
      <Switch
        label={t("notify.browser")}
        hint={t(forbidden ? "notify.forbidden" : "notify.browserhint")}
        on={notifications}
        set={(on) => void allowNotifications(on)}
      />
      <Switch
        label={t("notify.sound")}
        on={sound}
        set={(on) => {
          prefer({ sound: on });
          if (on) ring();
        }}
      />
    </Group>
  );
}

function Keys(): JSX.Element {
  const { letters } = preferences.value;
  return (
    <Group title={t("settings.keys")}>
      <Switch label={t("keys.letters")} hint={t("keys.lettershint")} on={letters} set={(on) => prefer({ letters: on })} />
      <KeyTable />
    </Group>
  );
}
