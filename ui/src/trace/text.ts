/** A piece of untrusted text: as it is, a character that would not be seen or would reorder its neighbours, or a redaction. */
export type Piece = { readonly kind: "text" | "control" | "redacted"; readonly text: string; readonly title?: string };

// Control characters, bidirectional overrides and isolates, invisible separators, interlinear marks, tag characters (hidden instructions). Line feed, tab and
// the joiners that writing systems and emoji need stay.
const SPECIAL = /\[REDACTED:([\w.-]{1,64})\]|\r\n|[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u200B\u2028\u2029\u202A-\u202E\u2060-\u2064\u2066-\u206F\uFEFF\uFFF9-\uFFFB]|[\u{E0000}-\u{E007F}]/gu;

/** Splits text so that nothing in it can hide: what is drawn has the same characters in the same order. */
export function pieces(text: string): readonly Piece[] {
  const out: Piece[] = [];
  let from = 0;
  SPECIAL.lastIndex = 0;
  for (let match = SPECIAL.exec(text); match; match = SPECIAL.exec(text)) {
    if (match[0] === "\r\n") {
      // The usual end of a line elsewhere: a line break and nothing to point out.
      out.push({ kind: "text", text: text.slice(from, match.index) + "\n" });
    } else {
      if (match.index > from) out.push({ kind: "text", text: text.slice(from, match.index) });
      out.push(match[1] !== undefined ? { kind: "redacted", text: match[1] } : symbol(match[0].codePointAt(0)!));
    }
    from = match.index + match[0].length;
  }
  if (from < text.length || out.length === 0) out.push({ kind: "text", text: text.slice(from) });
  return out;
}

function symbol(code: number): Piece {
  const title = "U+" + code.toString(16).toUpperCase().padStart(4, "0");
  if (code < 0x20) return { kind: "control", text: String.fromCharCode(0x2400 + code), title };
  if (code === 0x7f) return { kind: "control", text: "\u2421", title };
  if (code >= 0xe0020 && code < 0xe007f) return { kind: "control", text: String.fromCharCode(code - 0xe0000), title: title + " (invisible tag character)" };
  return { kind: "control", text: title, title };
}

/** The same in plain text, for one-line places and labels: everything on one line, nothing hidden. */
export function oneLine(text: string): string {
  return pieces(text).map(p => (p.kind === "text" ? p.text.replace(/\s+/g, " ") : p.kind === "redacted" ? `[${p.text}]` : p.text)).join("");
}

/** `7c1f9e04…b2d0`. */
export function shortId(id: string): string {
  return id.length <= 16 ? id : `${id.slice(0, 8)}…${id.slice(-4)}`;
}

/** `io.acme.trip.TripPlanner$AuthError` is read as `AuthError`: the last name of a qualified type. Anything else stays. */
export function shortType(type: string): string {
  return /^[\w$]+(?:(?:\.|::|\\|\$)[\w$]+)+$/.test(type) ? type.slice(Math.max(...[".", ":", "\\", "$"].map(c => type.lastIndexOf(c))) + 1) || type : type;
}

/** Cuts text for drawing into chunks of about `size` characters, at line ends where there are any near. Joined they are the text. */
export function chunks(text: string, size = 8_000): string[] {
  if (text.length <= size * 1.5) return [text];
  const out: string[] = [];
  for (let from = 0; from < text.length; ) {
    let to = Math.min(text.length, from + size);
    if (to < text.length) {
      const line = text.lastIndexOf("\n", to);
      if (line > from + size / 2) to = line + 1;
      else if (text.charCodeAt(to) >= 0xdc00 && text.charCodeAt(to) <= 0xdfff) to--;
    }
    out.push(text.slice(from, to));
    from = to;
  }
  return out;
}

/** Whether text holds anything that Markdown would draw differently. */
export function looksLikeMarkdown(text: string): boolean {
  return /(^|\n)\s{0,3}(#{1,6}\s|[-*+]\s|\d{1,9}[.)]\s|>|```|~~~|\|)|\*\*|__|`|!?\[[^\]]*\]\(|\*\S[^*\n]*\*|(^|\W)_\S[^_\n]*_(\W|$)|https?:\/\//.test(text);
}

/** The value of text that is a JSON object or array; undefined for all other text. */
export function parseJson(text: string): unknown {
  const trimmed = text.trim();
  if (!/^[[{]/.test(trimmed)) return undefined;
  try {
    return JSON.parse(trimmed) as unknown;
  } catch {
    return undefined;
  }
}
