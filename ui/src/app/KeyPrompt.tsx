import { useQueryClient } from "@tanstack/react-query";
import { useId, useState, type FormEvent } from "react";
import { apiKey, storeKey } from "../api/key";
import { Mark } from "../components";
import { t } from "../i18n";

/** The page of a server that wants a key: asks for it once and keeps it in this browser. */
export function KeyPrompt() {
  const client = useQueryClient();
  const rejected = apiKey() !== null;
  const [key, setKey] = useState("");
  const [keep, setKeep] = useState(false);
  const field = useId(), box = useId(), hint = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!key.trim()) return;
    storeKey(key.trim(), keep);
    void client.resetQueries();
  };
  return (
    <main className="grid h-full place-items-center">
      <form className="w-[380px]" onSubmit={submit}>
        <div className="brand mb-6"><Mark />{t("app.name")}</div>
        <h1 className="t16">{t("key.title")}</h1>
        <p className="d2 mt-1 mb-4">{t("key.text")}</p>
        <label className="lab" htmlFor={field}>{t("key.label")}</label>
        <input id={field} className="in w-full font-mono" type="password" autoComplete="current-password" autoFocus value={key} aria-invalid={rejected} aria-describedby={rejected ? hint : undefined} onChange={e => setKey(e.target.value)} />
        {rejected && <p id={hint} className="t12 err mt-1" role="alert">{t("key.rejected")}</p>}
        <label className="row t12 mt-3" htmlFor={box}><input id={box} type="checkbox" checked={keep} onChange={e => setKeep(e.target.checked)} />{t("key.keep")}</label>
        <button type="submit" className="btn primary mt-4">{t("key.submit")}</button>
      </form>
    </main>
  );
}
