/** Finds a text in the message catalogue, fills its gaps and picks the plural that the language asks for. */

export type Text = string | Partial<Record<Intl.LDMLPluralRule, string>>;
export type Catalogue = Readonly<Record<string, Text>>;
export type Gaps = Readonly<Record<string, string | number>>;

/** A translator for one language; a key that it lacks is taken from `fallback`. */
export function translator(language: string, texts: Catalogue, fallback: Catalogue) {
  const plural = new Intl.PluralRules(language);
  const number = new Intl.NumberFormat(language);

  function fill(text: string, gaps: Gaps): string {
    return text.replace(/\{(\w+)\}/g, (whole, name: string) => {
      const value = gaps[name];
      return value === undefined ? whole : typeof value === "number" ? number.format(value) : value;
    });
  }

  return function t(key: string, gaps: Gaps = {}): string {
    const text = texts[key] ?? fallback[key];
    if (text === undefined) return key;
    if (typeof text === "string") return fill(text, gaps);
    return fill(text[plural.select(Number(gaps["n"]))] ?? text.other ?? key, gaps);
  };
}
