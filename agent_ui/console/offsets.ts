/** Offsets in texts: the hub counts code points, a browser's string counts UTF-16 units. Pure. */

/** The place in the browser's string of the hub's offset. */
export function unitOffset(text: string, codePoints: number): number {
  // Most texts have no sign beyond the basic plane, and then both counts agree.
  if (!/[\ud800-\udfff]/.test(text)) return codePoints;
  let units = 0;
  for (const sign of text) {
    if (codePoints-- <= 0) break;
    units += sign.length;
  }
  return units;
}
