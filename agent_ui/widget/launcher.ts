/** The one script on a shop's page: a button and, once somebody wants it, the frame with the chat inside. */

import { launcher as german } from "../messages/de.json";
import { launcher as english } from "../messages/en.json";
import { read, TO_SHOP, type ToFrame, type ToShop } from "./bridge";
import { make, makeShell } from "./launcher_shell";

type Calling = [verb: string, value?: unknown];

declare global {
  interface Window {
    /** `q` holds what a shop's page asked for before this script came; `on` says that it is here. */
    onethread?: ((...calling: Calling) => void) & { q?: Iterable<Calling>; on?: true };
  }
}

const PATIENCE = 8_000;

function start(script: HTMLScriptElement): void {
  const { account = "", accent, onAccent = "#fff", word, language } = script.dataset;
  const hub = new URL(script.src).origin;
  const spoken = language || document.documentElement.lang || navigator.language;
  const texts = spoken.startsWith("de") ? german : english;
  const memory = `onethread.${account}`;
  const shell = makeShell({ texts, word: word ?? texts.help, onToggle: () => show(!shown), onClose: () => show(false), onIntent: preconnect });
  let frame: HTMLIFrameElement | null = null;
  let loaded = false;
  let ready = false;
  let shown = false;
  let identity = "";

  function load(left = false): void {
    loaded = false;
    frame = shell.makeFrame(`${hub}/widget/frame?${new URLSearchParams({ account, language: spoken })}`);
    frame.onload = () => {
      loaded = true;
      tell({ onethread: "hello", value: { page: page(), identity, shown, left } });
    };
    setTimeout(() => ready || shell.complain(texts.silent), PATIENCE);
  }

  // Without query and fragment: those may hold what nobody but the shop should read.
  function page(): { url: string; title: string } {
    return { url: location.origin + location.pathname, title: document.title };
  }

  function tell(message: ToFrame): void {
    if (loaded) frame?.contentWindow?.postMessage(message, hub);
  }

  function show(now: boolean): void {
    if (shown === now) return;
    shown = now;
    if (now && !frame) load();
    if (now) shell.open();
    else shell.close();
    tell({ onethread: "shown", value: now });
    if (!now && !ready) forsake();
  }

  // A frame that never answered is thrown away with its panel, so that opening again tries again.
  function forsake(): void {
    frame?.remove();
    frame = null;
  }

  function preconnect(): void {
    if (!frame) document.head.append(Object.assign(make("link"), { rel: "preconnect", href: hub }));
  }

  function identify(token: string): void {
    identity = token;
    tell({ onethread: "identify", value: token });
  }

  function leave(): void {
    identity = "";
    show(false);
    if (!frame && kept()) load(true);
    else tell({ onethread: "leave" });
  }

  // The shop's page keeps one bit: whether this browser has a conversation to come back to.
  function kept(): boolean {
    try {
      return !!localStorage.getItem(memory);
    } catch {
      return false;
    }
  }

  function keep(there: boolean): void {
    try {
      localStorage.setItem(memory, there ? "1" : "");
    } catch {
      // Storage is blocked: the frame is then loaded on intent only.
    }
  }

  const verbs: Record<string, (value: string) => void> = {
    identify,
    open: () => show(true),
    close: () => show(false),
    leave,
  };

  function obey(verb: string, value?: unknown): void {
    verbs[verb]?.(String(value));
  }

  const news: { [Told in ToShop["onethread"]]: (value: never) => void } = {
    ready() {
      ready = true;
      shell.ready();
    },
    close: () => show(false),
    unread: shell.count,
    kept: keep,
    look: (look: string) => accent || shell.paint(look),
  };

  function hear({ origin, source, data }: MessageEvent): void {
    if (origin !== hub || !frame || source !== frame.contentWindow) return;
    const message = read(TO_SHOP, data);
    if (message) news[message.onethread](message.value as never);
  }

  const early = window.onethread?.q ?? [];
  window.onethread = Object.assign(obey, { on: true as const });
  addEventListener("message", hear);
  if (accent) shell.paint(`${accent} ${onAccent}`);
  for (const calling of early) obey(...calling);
  if (kept() && !frame) load();
}

const script = document.currentScript as HTMLScriptElement;
if (!window.onethread?.on) {
  if (document.body) start(script);
  else addEventListener("DOMContentLoaded", () => start(script));
}
