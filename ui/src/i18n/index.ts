import IntlMessageFormat from "intl-messageformat";
import type { ReactNode } from "react";
import { firstrun } from "./en/firstrun";
import { ingest } from "./en/ingest";
import { shell } from "./en/shell";
import { traces } from "./en/traces";
import { trace } from "../trace/messages.en";

/** Every text of the interface: ICU messages, English first. */
const en = { ...shell, ...traces, ...firstrun, ...ingest, ...trace } as const;
export type MessageKey = keyof typeof en;
type Values = Record<string, string | number | Date>;
type RichValues = Record<string, string | number | Date | ReactNode | ((chunks: ReactNode[]) => ReactNode)>;

/** The language of the interface, which also decides separators and month names. */
export const locale = "en";

const formats = new Map<MessageKey, IntlMessageFormat>();
function message(key: MessageKey): IntlMessageFormat {
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new IntlMessageFormat(en[key], locale)));
  return found;
}

/** The text of a message. */
export function t(key: MessageKey, values?: Values): string {
  return String(message(key).format(values));
}

/** A message with marked-up parts: `rich("key", { b: c => <b>{c}</b> })`. */
export function rich(key: MessageKey, values: RichValues): ReactNode {
  const parts = message(key).format<ReactNode>(values as never) as ReactNode | ReactNode[];
  return Array.isArray(parts) ? parts.map((part, i) => (typeof part === "object" && part !== null && "key" in part && part.key === null ? { ...part, key: String(i) } : part)) : parts;
}
