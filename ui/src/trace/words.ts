import { duration, GAP } from "../format/numbers";

/** A moment of a trace: `+16.3 s` after its beginning. */
export function offset(ns: number): string {
  if (ns === 0) return "+0";
  const ms = ns / 1e6;
  if (Math.abs(ms) >= 10_000 && Math.abs(ms) < 60_000) return `${ns < 0 ? "−" : "+"}${(Math.abs(ms) / 1000).toFixed(2)}${GAP}s`;
  return (ns < 0 ? "−" : "+") + duration(Math.abs(ns));
}

/** A stack trace cut into frames, each marked when it lies in a library rather than in the application. */
export interface Frame {
  readonly text: string;
  readonly library: boolean;
}

const LIBRARY = /site-packages|dist-packages|node_modules|node:internal|\/lib\/python\d|\\lib\\python\d|<frozen |^\s*at (java\.base\/)?(java|javax|jdk|sun|com\.sun|kotlin|scala|groovy|io\.netty|org\.(springframework|apache|eclipse|hibernate|junit|reactivestreams)|reactor|io\.opentelemetry|okhttp3|dev\.langchain4j|com\.fasterxml)\.|\/usr\/(local\/)?(go|lib)\/|\/\.cargo\/|\/gems\/|\bSystem\.(?!out)/;
const FRAME = /^\s*(at\s|File "|#\d+\s|[\w./\\-]+\.\w{1,5}:\d+|\.\.\. \d+ (more|common))/;

/** Groups the lines of a stack: a line that is no frame of its own belongs to the one before it (the source line under a Python frame). */
export function frames(stack: string): { lead: string; frames: Frame[] } {
  const lead: string[] = [];
  const out: { lines: string[] }[] = [];
  for (const line of stack.replace(/\s+$/, "").split("\n")) {
    if (FRAME.test(line)) out.push({ lines: [line] });
    else if (out.length && /^\s{4,}/.test(line)) out.at(-1)!.lines.push(line);
    else if (!out.length) lead.push(line);
    else out.push({ lines: [line] });
  }
  return { lead: lead.join("\n"), frames: out.map(f => ({ text: f.lines.join("\n"), library: LIBRARY.test(f.lines[0]!) })) };
}
