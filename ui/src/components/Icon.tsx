import type { ReactNode, SVGProps } from "react";

const PATHS = {
  search: "M7 12A5 5 0 1 0 7 2a5 5 0 0 0 0 10zM10.7 10.7 14 14",
  down: "M4 6l4 4 4-4",
  right: "M6 4l4 4-4 4",
  left: "M10 4L6 8l4 4",
  up: "M4 10l4-4 4 4",
  x: "M4 4l8 8M12 4l-8 8",
  plus: "M8 3v10M3 8h10",
  minus: "M3 8h10",
  check: "M3 8.5 6.5 12 13 4.5",
  clock: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 4.8V8l2.2 1.6",
  gear: "M2.500 5h6M12.200 5h1.300M10.300 6.800a1.800 1.800 0 1 0 0-3.600 1.800 1.800 0 0 0 0 3.600zM2.500 11h1.300M7.600 11h5.900M5.700 12.800a1.800 1.800 0 1 0 0-3.600 1.800 1.800 0 0 0 0 3.600z",
  help: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM6.3 6.3A1.8 1.8 0 1 1 8 8.6v.6M8 11.3v.1",
  more: "M3.5 8h.1M8 8h.1M12.5 8h.1",
  copy: "M5.5 5.5h8v8h-8zM10.5 5.5v-3h-8v8h3",
  link: "M6.5 9.5l3-3M7 4.5l1.2-1.2a2.8 2.8 0 0 1 4 4L11 8.5M9 11.5l-1.2 1.2a2.8 2.8 0 0 1-4-4L5 7.5",
  star: "M8 2l1.8 3.8 4.2.6-3 2.9.7 4.1L8 11.5l-3.7 1.9.7-4.1-3-2.9 4.2-.6z",
  dl: "M8 2.5v8M4.8 7.5 8 10.7l3.2-3.2M2.5 13.5h11",
  cols: "M2.5 3h11v10h-11zM6.2 3v10M9.8 3v10",
  play: "M5 3.2v9.6L12.8 8z",
  expand: "M9.5 2.5h4v4M13.5 2.5 9 7M6.5 13.5h-4v-4M2.5 13.5 7 9",
  split: "M2.5 3h11v10h-11zM8 3v10",
  warn: "M8 2.2 14.2 13H1.8zM8 6.5v3M8 11.3v.1",
  info: "M8 14A6 6 0 1 0 8 2a6 6 0 0 0 0 12zM8 7.3v3.5M8 5.2v.1",
  flag: "M3.5 14V2.5h8.5L10.2 5.7 12 9H3.5",
  bolt: "M9 1.5 3.5 9H8l-1 5.5L12.5 7H8z",
  tree: "M3 3h4M3 3v9.5h4M3 7.8h4M9.5 3H14M9.5 7.8H14M9.5 12.5H14",
  graph: "M4 6.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM12 10.2a2.2 2.2 0 1 0 0-4.4 2.2 2.2 0 0 0 0 4.4zM5 14.5a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM6 5l4 2M6.6 11.3 10.4 9.4",
  flame: "M1.5 3.5h13M1.5 6.5h8M11 6.5h3M1.5 9.5h5M8 9.5h1.5M1.5 12.5h2.5",
  chat: "M2.5 3h11v8h-6L4.5 13.5V11h-2z",
  thumb: "M5 7v6.5H2.8V7zM5 7l2.8-5c1 0 1.7.8 1.5 1.8L8.8 6H13l-1 6.2c-.1.8-.7 1.3-1.4 1.3H5",
  eye: "M1.5 8S4 3.5 8 3.5 14.5 8 14.5 8 12 12.5 8 12.5 1.5 8 1.5 8zM8 10a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  shield: "M8 1.8 13 3.6v4c0 3-2.1 5.2-5 6.6-2.9-1.4-5-3.6-5-6.6v-4z",
  key: "M10.5 8.5a3 3 0 1 0-2.9-2.3L2.5 11.3v2.2h2.2v-1.6h1.6v-1.6h1.5l.7-.9M11 5h.1",
  bell: "M4 11V7a4 4 0 0 1 8 0v4l1.2 1.5H2.8zM6.7 14.2h2.6",
  refresh: "M13.5 8A5.5 5.5 0 1 1 11.7 4M13.5 2v3h-3",
  pencil: "M2.8 13.2l.7-2.8 7-7 2.1 2.1-7 7z",
  trash: "M2.8 4.5h10.4M6 4.5V2.8h4v1.7M4.2 4.5l.6 9h6.4l.6-9",
  user: "M8 8a2.8 2.8 0 1 0 0-5.6A2.8 2.8 0 0 0 8 8zM2.8 13.8c.4-2.6 2.5-3.9 5.2-3.9s4.8 1.3 5.2 3.9",
  arrow: "M3 8h10M9.5 4.5 13 8l-3.5 3.5",
  ext: "M6.5 3H3v10h10V9.5M9 2.5h4.5V7M13.5 2.5 7.5 8.5",
  sort: "M8 3v10M4.5 9.5 8 13l3.5-3.5",
  tag: "M2.5 2.5h5l6 6-5 5-6-6zM5.3 5.3h.1",
  filter: "M2 3.5h12L9.5 8.7V13l-3-1.5V8.7z",
  loop: "M4 5h6.5a2.5 2.5 0 0 1 0 5H5.5M7.5 7.8 5.3 10l2.2 2.2",
  pause: "M5.5 3.5v9M10.5 3.5v9",
  save: "M3 2.5h8l2.5 2.5v8.5H3zM5.5 2.5v3.5h4.5v-3.5M5 13.5V9.5h6v4",
  book: "M3 2.8h7.5a2 2 0 0 1 2 2v8.7H5a2 2 0 0 1-2-2zM3 11.3a2 2 0 0 1 2-2h7.5",
  dot: "M8 8h.01",
  eyeoff: "M2 2l12 12M6.3 6.4a2 2 0 0 0 2.9 2.8M4.2 4.6C2.5 5.9 1.5 8 1.5 8S4 12.5 8 12.5c1.3 0 2.400-.4 3.400-1M6.700 3.700c.4-.1.800-.2 1.300-.2 4 0 6.500 4.500 6.500 4.500s-.6 1.100-1.700 2.200",
} as const;

export type IconName = keyof typeof PATHS;

/** A line icon on a 16 px grid; decoration beside a word, or inside a control that has its own name. */
export function Icon({ name, size = 16, className = "", ...rest }: { name: IconName; size?: 12 | 14 | 16 } & Omit<SVGProps<SVGSVGElement>, "name">) {
  return (
    <svg className={`i s${size} ${className}`} viewBox="0 0 16 16" aria-hidden="true" {...rest}>
      <path d={PATHS[name]} />
    </svg>
  );
}

/** Span kinds, drawn as silhouettes that differ without colour. */
export type Kind = "workflow" | "agent" | "llm" | "tool" | "retrieval" | "embedding" | "task" | "guardrail" | "span";

const cut = "var(--kind-cut, var(--surface))";
const DOTS = [3, 8, 13];
const KINDS: Record<Exclude<Kind, "span">, ReactNode> = {
  agent: <><path d="M8 1.2 14 4.6v6.8L8 14.8 2 11.4V4.6z" /><circle cx="8" cy="8" r="2.2" fill={cut} /></>,
  llm: <><circle cx="8" cy="8" r="6.8" /><path d="M8 3.6 9.2 6.8 12.4 8 9.2 9.2 8 12.4 6.8 9.2 3.6 8 6.8 6.8z" fill={cut} /></>,
  tool: <><path d="M8 .8 15.2 8 8 15.2.8 8z" /><path d="M6.6 5.4 9.4 8l-2.8 2.6" fill="none" stroke={cut} strokeWidth="1.7" strokeLinecap="round" strokeLinejoin="round" /></>,
  retrieval: <><path d="M2 4.2C2 2.7 4.7 1.6 8 1.6s6 1.1 6 2.6v7.6c0 1.5-2.7 2.6-6 2.6s-6-1.1-6-2.6z" /><path d="M2.6 5c1 .9 3 1.5 5.4 1.5s4.4-.6 5.4-1.5" fill="none" stroke={cut} strokeWidth="1.5" /></>,
  embedding: <>{DOTS.flatMap(y => DOTS.map(x => <circle key={`${x}.${y}`} cx={x} cy={y} r="1.75" />))}</>,
  workflow: <><rect x="1.2" y="2" width="8.5" height="3.2" rx=".8" /><rect x="4.2" y="6.4" width="8.5" height="3.2" rx=".8" /><rect x="7.2" y="10.8" width="7.6" height="3.2" rx=".8" /></>,
  task: <rect x="2.4" y="2.4" width="11.2" height="11.2" rx="2" />,
  guardrail: <><path d="M8 1.2 14 3.3v4.5c0 3.4-2.5 5.7-6 7.2-3.5-1.5-6-3.8-6-7.2V3.3z" /><path d="M5.3 8 7.3 10l3.5-4" fill="none" stroke={cut} strokeWidth="1.6" strokeLinecap="round" strokeLinejoin="round" /></>,
};

/** The kind whose silhouette and colour a kind is drawn with; unknown kinds look like a task. */
export function drawnKind(kind: string): Exclude<Kind, "span"> {
  return Object.hasOwn(KINDS, kind) ? (kind as Exclude<Kind, "span">) : "task";
}

/** The silhouette of a span kind, 14 px, named for screen readers. Spans that are not of the application's own work are dimmed. */
export function KindIcon({ kind, className = "" }: { kind: string; className?: string }) {
  const drawn = drawnKind(kind);
  return (
    <svg className={`k k-${drawn} ${kind === "span" ? "k-dim" : ""} ${className}`} viewBox="0 0 16 16" fill="currentColor" role="img" aria-label={kind}>
      {KINDS[drawn]}
    </svg>
  );
}

/** The mark of the product: spans that narrow to the one that matters. */
export function Mark() {
  return (
    <svg width="18" height="18" viewBox="0 0 18 18" aria-hidden="true">
      <rect x="1" y="2" width="16" height="3.4" rx="1" fill="var(--text)" />
      <rect x="4" y="7.3" width="10" height="3.4" rx="1" fill="var(--text)" />
      <rect x="7" y="12.6" width="4" height="3.4" rx="1" fill="var(--accent)" />
    </svg>
  );
}
