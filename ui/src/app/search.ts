/** The query part of an address as plain strings, spelt so that a person can read and edit it. */
export type Search = Record<string, string | undefined>;

export function parseSearch(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text.startsWith("?") ? text.slice(1) : text));
}

/** Only what would be read as another character is escaped. */
export function stringifySearch(search: Record<string, unknown>): string {
  const parts = Object.entries(search).filter(([, v]) => v !== undefined && v !== null && v !== "").map(([name, value]) => `${encodeURIComponent(name)}=${readable(String(value))}`);
  return parts.length ? "?" + parts.join("&") : "";
}

function readable(value: string): string {
  return encodeURIComponent(value).replace(/%(3A|2F|2C|28|29|3E|3C|24|22|40|21|2A)/gi, (code, hex: string) => (hex === "22" || hex === "3C" || hex === "3E" ? code : decodeURIComponent(code))).replace(/%20/g, "+");
}

/** The named parameters of a search, everything else left out. */
export function pick<N extends string>(search: Record<string, unknown>, names: readonly N[]): { [K in N]?: string } {
  const found: { [K in N]?: string } = {};
  for (const name of names) {
    const value = search[name];
    if (value !== undefined && value !== null && value !== "") found[name] = String(value);
  }
  return found;
}
