/** Control characters as the symbols that Unicode has for them, and direction overrides taken out of effect; line breaks and tabs stay. */
export function visible(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, c => {
    const code = c.charCodeAt(0);
    if (code === 0x7f) return "\u2421";
    return code < 0x20 ? String.fromCharCode(0x2400 + code) : "\ufffd";
  });
}

/** A text cut into pieces, those that are one of the words marked as hits; upper and lower case are one. */
export function markWords(text: string, words: readonly string[]): { text: string; hit: boolean }[] {
  const usable = words.filter(w => w.trim()).map(w => w.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).sort((a, b) => b.length - a.length);
  if (!usable.length) return [{ text, hit: false }];
  return text.split(new RegExp(`(${usable.join("|")})`, "giu")).map((piece, i) => ({ text: piece, hit: i % 2 === 1 })).filter(p => p.text);
}

/** An id shortened in the middle: `7c1f9e04…b2d0`. */
export function shortId(id: string): string {
  return id.length > 16 ? `${id.slice(0, 8)}…${id.slice(-4)}` : id;
}
