/** What stands behind the agent's own picture: away, theme, keys, settings, sign-out. */

import { Alarm, Bell, Gear, Keys, Out, Sun } from "../shared/icons";
import { call } from "./connection";
import { dialog } from "./dialog";
import { Help } from "./help";
import type { MenuItem } from "./menu";
import { prefer, preferences } from "./preferences";
import type { Agent } from "./protocol";
import { go } from "./router";
import { t } from "./text";
import { orTell } from "./toasts";

export function accountMenu(agent: Agent): MenuItem[] {
  const { theme, sound } = preferences.peek();
  return [
    {
      label: t(agent.away ? "away.back" : "away.leave"),
      hint: t(agent.away ? "away.is" : "away.not"),
      icon: Alarm,
      group: agent.name,
      run: () => setAway(!agent.away),
    },
    { label: t(sound ? "sound.off" : "sound.on"), icon: Bell, run: () => prefer({ sound: !sound }) },
    { label: t("theme.next", { theme: t(`theme.${nextTheme(theme)}`) }), icon: Sun, run: changeTheme },
    { label: t("help.title"), icon: Keys, keys: "?", run: showHelp },
    { label: t("rail.settings"), icon: Gear, run: () => go({ region: "settings", view: "", customer: null }) },
    { label: t("signout"), icon: Out, run: signOut },
  ];
}

export function setAway(away: boolean): void {
  orTell(call("away", { away }));
}

function nextTheme(theme: "system" | "light" | "dark"): "system" | "light" | "dark" {
  return theme === "system" ? "light" : theme === "light" ? "dark" : "system";
}

export function changeTheme(): void {
  prefer({ theme: nextTheme(preferences.peek().theme) });
}

export function showHelp(): void {
  dialog.value = Help;
}

/** The page holds the sign-out form, with its token against forged requests. */
export function signOut(): void {
  const form = document.querySelector<HTMLFormElement>("#sign-out");
  if (form) form.requestSubmit();
  else location.assign("/signout");
}
