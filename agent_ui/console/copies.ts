/** The addresses on the line for copies. Pure. */

const ADDRESS = /^[^\s@<>()",;:]+@[^\s@<>()",;:]+\.[^\s@<>()",;:.]+$/;

/** The addresses typed, between commas, semicolons or spaces, with or without a name before them; each once. */
export function copiesIn(typed: string | null): string[] {
  const addresses = (typed ?? "").replace(/[^,;<]*<([^>]*)>/g, " $1 ");
  return [...new Set(addresses.split(/[\s,;]+/).filter(Boolean))];
}

/** The first of them that is no e-mail address, if any. */
export function wrongCopy(typed: string | null): string | undefined {
  return copiesIn(typed).find((address) => !ADDRESS.test(address));
}
