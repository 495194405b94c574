/** How the launcher looks: its one stylesheet and its signs, made without inline styles or markup. */

export const SMALL = "(max-width: 479.98px), (max-height: 479.98px)";

const SHEET = `
:host { all: initial; font: 600 15px/20px system-ui, sans-serif; color-scheme: light dark }
@media print { :host { display: none } }
button { font: inherit; cursor: pointer; touch-action: manipulation }
button:focus-visible { outline: 2px solid #fff; box-shadow: 0 0 0 4px #14191b }
.open, dialog { position: fixed; z-index: 2147483000; inset: auto max(24px, env(safe-area-inset-right)) calc(24px + env(safe-area-inset-bottom)) auto;
  box-sizing: border-box; border: 1px solid transparent; box-shadow: 0 12px 40px #14191b29, 0 2px 6px #14191b1f }
.open { display: flex; align-items: center; justify-content: center; gap: 8px; min-width: 56px; height: 56px; padding: 0 24px;
  border-radius: 28px; background: #0e5f73; color: #fff }
.open:hover { filter: brightness(.88) }
.up { padding: 0 }
svg { width: 20px; fill: none; stroke: currentColor; stroke-width: 1.5; stroke-linecap: round; stroke-linejoin: round }
b { position: absolute; top: -6px; right: -4px; min-width: 12px; padding: 0 5px; border: 2px solid #fff; border-radius: 12px;
  background: #b3261e; color: #fff; font-size: 12px }
dialog { bottom: 96px; width: 384px; height: min(640px, 100dvh - 120px); max-width: none; max-height: none; margin: 0; padding: 0;
  overflow: hidden; border-color: color-mix(in srgb, CanvasText 12%, Canvas); border-radius: 16px; background: Canvas; color: CanvasText }
iframe { width: 100%; height: 100%; border: 0 }
.up > :not(svg), b:empty, dialog:not(.ready) iframe, .ready :not(iframe) { display: none }
p, p + button { margin: 24px }
@media ${SMALL} {
  .open { right: max(16px, env(safe-area-inset-right)); bottom: calc(16px + env(safe-area-inset-bottom)) }
  dialog { inset: 0 0 auto; width: 100%; height: 100dvh; border: 0; border-radius: 0; padding: env(safe-area-inset-top) 0 env(safe-area-inset-bottom) } }
`;

export const SPEECH = "M3 2.8h10a1.2 1.2 0 0 1 1.2 1.2v6a1.2 1.2 0 0 1-1.2 1.2H7.4L4.4 14v-2.8H3A1.2 1.2 0 0 1 1.8 10V4A1.2 1.2 0 0 1 3 2.8z";
export const FOLD = "M4.2 6.2 8 10l3.8-3.8";

/** A sign drawn on the grid of 16 and the line that can be given another shape. */
export function makeSign(): [SVGElement, SVGElement] {
  const space = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(space, "svg");
  const line = document.createElementNS(space, "path");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.append(line);
  return [svg, line];
}

/** Gives the shadow root its stylesheet; older browsers get a style element, which a strict CSP of the shop may refuse. */
export function dress(root: ShadowRoot): void {
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(SHEET);
    root.adoptedStyleSheets = [sheet];
  } catch {
    const style = document.createElement("style");
    style.textContent = SHEET;
    root.append(style);
  }
}
