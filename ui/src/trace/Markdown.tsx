import { memo, useState, type ReactNode } from "react";
import ReactMarkdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";
import { t } from "../i18n";
import { CopyButton } from "../components";
import { Json } from "./Json";
import { readJson } from "./json";
import { Safe } from "./Safe";

/** Text that is longer is shown as it was written: parsing megabytes as Markdown would stop the page. */
export const LONGEST_MARKDOWN = 60_000;

const PLUGINS = [remarkGfm];
const COMPONENTS: Components = {
  a: ({ href, children }) => <InertLink href={href ?? ""}>{children}</InertLink>,
  img: ({ src, alt }) => <BlockedImage src={typeof src === "string" ? src : ""} alt={alt ?? ""} />,
  p: ({ children }) => <p dir="auto">{safe(children)}</p>,
  li: ({ children }) => <li dir="auto">{safe(children)}</li>,
  h1: ({ children }) => <p role="heading" aria-level={4} className="md-h md-h1" dir="auto">{safe(children)}</p>,
  h2: ({ children }) => <p role="heading" aria-level={5} className="md-h md-h2" dir="auto">{safe(children)}</p>,
  h3: ({ children }) => <p role="heading" aria-level={6} className="md-h" dir="auto">{safe(children)}</p>,
  h4: ({ children }) => <p role="heading" aria-level={6} className="md-h" dir="auto">{safe(children)}</p>,
  h5: ({ children }) => <p role="heading" aria-level={6} className="md-h" dir="auto">{safe(children)}</p>,
  h6: ({ children }) => <p role="heading" aria-level={6} className="md-h" dir="auto">{safe(children)}</p>,
  em: ({ children }) => <em>{safe(children)}</em>,
  strong: ({ children }) => <strong>{safe(children)}</strong>,
  del: ({ children }) => <del>{safe(children)}</del>,
  td: ({ children, style }) => <td dir="auto" style={style}>{safe(children)}</td>,
  th: ({ children, style }) => <th dir="auto" style={style}>{safe(children)}</th>,
  table: ({ children }) => <div className="md-t"><table>{children}</table></div>,
  input: ({ checked }) => <input type="checkbox" checked={checked ?? false} readOnly disabled aria-label={t(checked ? "trace.md.done" : "trace.md.open")} />,
  code: ({ children }) => <code dir="auto">{safe(children)}</code>,
  pre: ({ node }) => {
    const code = node?.children[0];
    if (code?.type !== "element") return null;
    const text = code.children.map(c => (c.type === "text" ? c.value : "")).join("").replace(/\n$/, "");
    const language = /language-([\w+#.-]+)/.exec(String((code.properties.className as string[] | undefined)?.join(" ") ?? ""))?.[1];
    return <CodeBlock text={text} language={language} />;
  },
};

/** Children with each text made safe to look at; elements among them have already gone through here. */
function safe(children: ReactNode): ReactNode {
  if (typeof children === "string") return <Safe text={children} />;
  if (Array.isArray(children)) return children.map((c: ReactNode, i) => (typeof c === "string" ? <Safe key={i} text={c} /> : c));
  return children;
}

// No element gets an address from the text: links and images are drawn by the components below, which show it and follow only some schemes.
const asWritten = (url: string) => url;

/** Markdown without HTML (what looks like HTML stays text), without remote images, and with links that do nothing until asked. */
export const Markdown = memo(function Markdown({ text }: { text: string }) {
  return <div className="md"><ReactMarkdown remarkPlugins={PLUGINS} components={COMPONENTS} urlTransform={asWritten}>{text}</ReactMarkdown></div>;
});

export function CodeBlock({ text, language }: { text: string; language?: string | undefined }) {
  const json = language === undefined || /^json[5c]?$/i.test(language) ? readJson(text) : undefined;
  return (
    <div className="cb-w">
      <CopyButton text={text} label={t("trace.copyCode")} />
      {json && json.type !== "literal" && json.type !== "string" ? <Json node={json} /> : <pre className="pre" dir="ltr"><Safe text={text} /></pre>}
    </div>
  );
}

/** Shows where a link leads; only then it can be followed. */
export function InertLink({ href, children }: { href: string; children?: ReactNode }) {
  const [open, setOpen] = useState(false);
  const external = /^(https?|mailto):/i.test(href);
  return (
    <>
      <button type="button" className="lk" aria-expanded={open} title={href} onClick={() => setOpen(!open)}>{safe(children)}</button>
      {open && (
        <span className="lk-to">
          <bdi dir="ltr" className="mono"><Safe text={href} /></bdi>
          {external && <a href={href} target="_blank" rel="noopener noreferrer nofollow">{t("trace.link.open")}</a>}
        </span>
      )}
    </>
  );
}

/** A picture that the text refers to. It is not fetched: that would tell its host who reads this trace, and when. */
export function BlockedImage({ src, alt }: { src: string; alt: string }) {
  let host = "";
  try {
    host = new URL(src).host;
  } catch {
    // Not an address: there is nothing to fetch.
  }
  return (
    <span className="blk">
      <span className="d3">{host ? t("trace.image.blocked", { host }) : t("trace.image.none")}</span>
      {alt && <bdi className="untrusted"><Safe text={alt} /></bdi>}
      {host && <InertLink href={src}>{t("trace.image.address")}</InertLink>}
    </span>
  );
}
