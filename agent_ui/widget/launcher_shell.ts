/** What the launcher puts on the shop's page: button, count and panel in a closed shadow root; a modal one on phones. */

import { dress, FOLD, makeSign, SMALL, SPEECH } from "./launcher_look";

interface ShellOptions {
  texts: { chat: string; close: string; unread: string };
  word: string;
  onToggle: () => void;
  onClose: () => void;
  onIntent: () => void;
}

export function make<Name extends keyof HTMLElementTagNameMap>(name: Name, textContent = ""): HTMLElementTagNameMap[Name] {
  return Object.assign(document.createElement(name), { textContent });
}

export function makeShell({ texts, word, onToggle, onClose, onIntent }: ShellOptions) {
  const host = make("div");
  const root = host.attachShadow({ mode: "closed" });
  const small = matchMedia(SMALL);
  const screen = window.visualViewport as VisualViewport;
  const button = make("button");
  const [sign, line] = makeSign();
  const label = make("span", word);
  const count = make("b");
  const panel = make("dialog");
  const status = make("p");
  const away = make("button", texts.close);
  let unread = 0;

  // Told once more at each change: the name says what the button does now and how many messages wait behind it.
  function say(): void {
    const up = panel.open;
    button.className = up ? "open up" : "open";
    button.ariaExpanded = String(up);
    button.ariaLabel = up ? texts.close : unread ? `${word}. ${texts.unread.replace("{n}", String(unread))}` : word;
    line.setAttribute("d", up ? FOLD : SPEECH);
    count.textContent = String(unread || "");
  }

  // The keyboard of a phone covers the page instead of making it shorter; the panel keeps to what is left.
  function fit(): void {
    const covered = panel.open && small.matches;
    panel.style.height = covered ? `${screen.height}px` : "";
    panel.style.top = covered ? `${screen.offsetTop}px` : "";
  }

  function show(): void {
    panel.close();
    if (small.matches) panel.showModal();
    else panel.show();
    document.documentElement.style.overflow = small.matches ? "hidden" : "";
    fit();
  }

  button.onclick = onToggle;
  button.onpointerenter = button.onfocus = onIntent;
  away.onclick = onClose;
  panel.oncancel = (event) => {
    event.preventDefault();
    onClose();
  };
  host.onkeydown = (event) => {
    if (event.key === "Escape") onClose();
  };
  small.onchange = () => panel.open && show();
  screen.onresize = screen.onscroll = fit;

  dress(root);
  status.role = "status";
  panel.ariaLabel = texts.chat;
  button.ariaHasPopup = "dialog";
  button.append(sign, label, count);
  panel.append(status, away);
  root.append(panel, button);
  say();
  document.body.append(host);

  return {
    makeFrame(src: string): HTMLIFrameElement {
      const frame = make("iframe");
      panel.className = status.textContent = "";
      frame.title = texts.chat;
      frame.setAttribute("sandbox", "allow-scripts allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads");
      frame.src = src;
      panel.append(frame);
      return frame;
    },
    complain(text: string): void {
      status.textContent = text;
    },
    ready(): void {
      panel.className = "ready";
      if (panel.open) panel.querySelector("iframe")?.focus();
    },
    open(): void {
      show();
      say();
    },
    close(): void {
      panel.close();
      document.documentElement.style.overflow = "";
      say();
      button.focus();
    },
    count(n: number): void {
      unread = n;
      say();
    },
    paint(look: string): void {
      [button.style.background, button.style.color] = look.split(" ") as [string, string];
    },
  };
}
