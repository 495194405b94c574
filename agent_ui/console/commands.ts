/** The commands of the console: the whole main path by keyboard, and the same by name in the palette. */

import * as icons from "../shared/icons";
import { changeTheme, setAway, showHelp, signOut } from "./account-menu";
import { newCall } from "./calls";
import { me, open } from "./connection";
import { dialog } from "./dialog";
import { focusComposer, setMode, type Writing } from "./drafts";
import { type Command, register } from "./keyboard";
import { undoSend } from "./outbox";
import { Palette } from "./palette";
import { drawerOpen } from "./panel-state";
import { prefer, preferences } from "./preferences";
import { current, neighbour, setStatus, solve, take } from "./requests";
import { go } from "./router";
import { t } from "./text";
import { undoLast } from "./toasts";
import { newMessageDialog } from "./write-first";

const inConversation = () => open.peek() !== null;
const hasRequest = () => current.peek() !== null;

function step(by: 1 | -1): void {
  const next = neighbour(by);
  if (!next) return;
  go(next);
  requestAnimationFrame(() => {
    const row = document.querySelector<HTMLElement>(`[data-row="${next.request}"]`);
    row?.scrollIntoView({ block: "nearest" });
    if (document.activeElement?.matches(".row, body")) row?.focus();
  });
}

function write(mode: Writing): void {
  const customer = open.peek()?.customer.id;
  if (!customer) return;
  setMode(customer, mode);
  focusComposer();
}

function press(id: string): void {
  document.querySelector<HTMLElement>(`#${id}`)?.click();
}

function toView(view: string): () => void {
  return () => go({ region: "inbox", view, customer: null });
}

const MOVING: Command[] = [
  { id: "next", label: () => t("command.next"), keys: "j", icon: icons.Down, run: () => step(1) },
  { id: "previous", label: () => t("command.previous"), keys: "k", icon: icons.Up, run: () => step(-1) },
  { id: "back", label: () => t("back"), keys: "u", icon: icons.Back, when: inConversation, run: () => go({ customer: null }) },
  { id: "back-escape", label: () => t("back"), keys: "Escape", hidden: true, when: inConversation, run: escape },
  { id: "find", label: () => t("find.label"), keys: "/", icon: icons.Search, run: toFind },
  { id: "go-mine", label: () => t("command.mine"), keys: "g i", icon: icons.Inbox, run: toView("mine") },
  { id: "go-unassigned", label: () => t("command.unassigned"), keys: "g u", icon: icons.Inbox, run: toView("unassigned") },
  { id: "go-open", label: () => t("command.open"), keys: "g o", icon: icons.Inbox, run: toView("open") },
  { id: "go-snoozed", label: () => t("command.snoozed"), keys: "g s", icon: icons.Alarm, run: toView("snoozed") },
  { id: "go-drafts", label: () => t("command.drafts"), keys: "g d", icon: icons.Pencil, run: toView("drafts") },
  { id: "go-failed", label: () => t("command.failed"), keys: "g f", icon: icons.Warning, run: toView("failed") },
];

const DOING: Command[] = [
  { id: "reply", label: () => t("command.reply"), keys: "r", icon: icons.Chat, when: inConversation, run: () => write("reply") },
  { id: "note", label: () => t("command.note"), keys: "n", icon: icons.Lock, when: inConversation, run: () => write("note") },
  { id: "take", label: () => t("command.take"), keys: "i", icon: icons.Person, when: hasRequest, run: withRequest(take) },
  { id: "assign", label: () => t("command.assign"), keys: "a", icon: icons.People, when: hasRequest, run: () => press("owner-menu") },
  { id: "snooze", label: () => t("snooze.label"), keys: "h", icon: icons.Alarm, when: hasRequest, run: () => press("snooze-menu") },
  { id: "solve", label: () => t("solve"), keys: "e", icon: icons.Check, when: isOpen, run: withRequest(solve) },
  { id: "reopen", label: () => t("reopen"), icon: icons.Retry, when: isSolved, run: withRequest((one) => setStatus(one, "open")) },
  { id: "way", label: () => t("command.way"), keys: "Mod+Shift+c", icon: icons.Move, everywhere: true, when: inConversation, run: () => press("to-menu") },
  { id: "undo", label: () => t("undo"), keys: "z", icon: icons.Undo, run: undo },
  { id: "undo-mod", label: () => t("undo"), keys: "Mod+z", hidden: true, run: undo },
  { id: "call", label: () => t("calls.new"), keys: "c", icon: icons.Phone, run: () => newCall() },
  { id: "write", label: () => t("write.title"), keys: "m", icon: icons.Mail, run: writeFirst },
  { id: "panel", label: () => t("command.panel"), keys: "]", icon: icons.Bag, when: inConversation, run: togglePanel },
  { id: "list", label: () => t("command.list"), keys: "[", icon: icons.Menu, run: toggleList },
];

const SETTING: Command[] = [
  { id: "palette", label: () => t("hint.all"), keys: "Mod+k", icon: icons.Keys, everywhere: true, run: togglePalette },
  { id: "help", label: () => t("help.title"), keys: "?", icon: icons.Question, run: showHelp },
  { id: "theme", label: () => t("command.theme"), icon: icons.Sun, run: changeTheme },
  { id: "density", label: () => t("command.density"), icon: icons.Menu, run: changeDensity },
  { id: "away", label: () => t("command.away"), icon: icons.Clock, run: () => setAway(!me.peek()?.away) },
  { id: "settings", label: () => t("rail.settings"), icon: icons.Gear, run: () => go({ region: "settings", view: "", customer: null }) },
  { id: "signout", label: () => t("signout"), icon: icons.Out, run: signOut },
];

export function registerCommands(): void {
  register(...MOVING, ...DOING, ...SETTING);
}

function withRequest(act: (request: NonNullable<typeof current.value>) => void): () => void {
  return () => {
    const request = current.peek();
    if (request) act(request);
  };
}

function isOpen(): boolean {
  return hasRequest() && current.peek()?.status !== "resolved";
}

function isSolved(): boolean {
  return current.peek()?.status === "resolved";
}

function escape(): void {
  if (drawerOpen.peek()) drawerOpen.value = false;
  else go({ customer: null });
}

function toFind(): void {
  go({ region: "find", view: "all", customer: null });
  requestAnimationFrame(() => document.querySelector<HTMLElement>("#find")?.focus());
}

function undo(): void {
  if (!undoSend()) undoLast();
}

function writeFirst(): void {
  dialog.value = newMessageDialog();
}

function togglePalette(): void {
  dialog.value = dialog.peek() === Palette ? null : Palette;
}

/** Beside the conversation it is a preference; where it is a drawer, it opens and closes. */
function togglePanel(): void {
  if (matchMedia("(min-width: 1280px)").matches) prefer({ panel: !preferences.peek().panel });
  else drawerOpen.value = !drawerOpen.peek();
}

function toggleList(): void {
  document.documentElement.dataset["list"] = document.documentElement.dataset["list"] === "shown" ? "" : "shown";
}

function changeDensity(): void {
  prefer({ density: preferences.peek().density === "compact" ? "comfortable" : "compact" });
}

