import { memo, type ReactNode } from "react";
import { markWords, visible } from "./text";

/**
 * Text that an application sent, on one line of a list: line breaks become spaces, control characters become visible, direction is its own, and words are marked where
 * they were searched for.
 */
export const OneLine = memo(function OneLine({ text, words, className = "" }: { text: string; words?: readonly string[] | undefined; className?: string }) {
  return <span dir="auto" className={`ell own-dir untrusted block ${className}`}>{marked(visible(text.replace(/\s+/g, " ")), words)}</span>;
});

/** The same text with `<mark>` around the words. */
export function marked(text: string, words?: readonly string[] | undefined): ReactNode {
  if (!words?.length) return text;
  return markWords(text, words).map((piece, i) => (piece.hit ? <mark key={i}>{piece.text}</mark> : piece.text));
}
