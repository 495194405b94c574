/** The shop's brand on the frame: its colours, made readable in both themes, and its radius. */

import type { Brand } from "./protocol";

type Rgb = [red: number, green: number, blue: number];

const READABLE = 4.6;
const GROUNDS: Record<"light" | "dark", { ground: Rgb; towards: Rgb }> = {
  light: { ground: [245, 246, 246], towards: [0, 0, 0] },
  dark: { ground: [30, 36, 38], towards: [255, 255, 255] },
};

function parse(colour: string | undefined): Rgb | null {
  const parts = /^#([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(colour ?? "");
  return parts && (parts.slice(1).map((part) => parseInt(part, 16)) as Rgb);
}

function luminance(colour: Rgb): number {
  const [red, green, blue] = colour.map((part) => (part <= 10 ? part / 3294.6 : ((part / 255 + 0.055) / 1.055) ** 2.4)) as Rgb;
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(one: Rgb, other: Rgb): number {
  const [dark, light] = [luminance(one), luminance(other)].sort((a, b) => a - b) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** The accent, moved towards black or white until words in it can be read on the theme's grounds. */
function ink(accent: Rgb, theme: "light" | "dark"): string {
  const { ground, towards } = GROUNDS[theme];
  for (let step = 0; step < 20; step++) {
    const mixed = accent.map((part, i) => Math.round(part + ((towards[i] as number) - part) * (step / 20))) as Rgb;
    if (contrast(mixed, ground) >= READABLE) return `rgb(${mixed.join(" ")})`;
  }
  return `rgb(${towards.join(" ")})`;
}

export function wear({ accent, on_accent, radius, theme }: Brand): void {
  const root = document.documentElement;
  const set = (name: string, value: string) => root.style.setProperty(`--${name}`, value);
  const colour = parse(accent);
  if (theme) root.dataset["theme"] = theme;
  if (typeof radius === "number") set("radius-bubble", `${Math.min(Math.max(radius, 0), 20)}px`);
  if (!accent || !colour) return;
  root.dataset["brand"] = "";
  set("accent", accent);
  set("on-accent", onAccent(colour, on_accent));
  set("ink-on-light", ink(colour, "light"));
  set("ink-on-dark", ink(colour, "dark"));
}

/** The brand's own choice where it has made one, else black or white, whichever is read better. */
function onAccent(accent: Rgb, chosen: string | undefined): string {
  if (chosen && parse(chosen)) return chosen;
  return contrast(accent, [255, 255, 255]) >= READABLE ? "#ffffff" : "#14191b";
}
