import { useEffect, useState } from "react";
import { t } from "../i18n";
import { Icon } from "./Icon";
import { toast } from "./Toaster";

/** Writes to the clipboard; says so where the browser does not allow it. */
export async function copyText(text: string): Promise<boolean> {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    toast(t("common.copyFailed"));
    return false;
  }
}

/** A button that copies a text and says that it did; with `label` it names what it copies and shows an icon only. */
export function CopyButton({ text, label, className = "btn sm" }: { text: string; label?: string; className?: string }) {
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!done) return;
    const timer = setTimeout(() => setDone(false), 2_000);
    return () => clearTimeout(timer);
  }, [done]);
  const copy = async () => setDone(await copyText(text));
  if (label) {
    return <button type="button" className="ib" aria-label={done ? t("common.copied") : label} title={label} onClick={copy}><Icon name={done ? "check" : "copy"} size={14} /></button>;
  }
  return (
    <button type="button" className={className} onClick={copy}>
      <Icon name={done ? "check" : "copy"} size={14} />
      <span className="grid"><span className={`col-start-1 row-start-1 ${done ? "invisible" : ""}`}>{t("common.copy")}</span><span aria-live="polite" className={`col-start-1 row-start-1 ${done ? "" : "invisible"}`}>{done ? t("common.copied") : ""}</span></span>
    </button>
  );
}
