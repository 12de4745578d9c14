import { Link, Outlet, useLocation, useNavigate, useSearch } from "@tanstack/react-router";
import { useState } from "react";
import { useStatus } from "../api/queries";
import { useKeyWanted } from "../api/key";
import { ErrorBoundary, Icon, Mark, Notice, Toaster } from "../components";
import { t } from "../i18n";
import { DisplayMenu } from "./DisplayMenu";
import { KeyMapDialog } from "./KeyMapDialog";
import { KeyPrompt } from "./KeyPrompt";
import { useKeys } from "./keyboard";
import { ScopeMenus } from "./ScopeMenus";

/** The frame of every page: top bar, what an operator should know, content, toasts. */
export function Shell() {
  const keyWanted = useKeyWanted();
  return (
    <>
      {keyWanted ? <KeyPrompt /> : <Frame />}
      <Toaster />
    </>
  );
}

function Frame() {
  const path = useLocation({ select: location => location.pathname });
  const { app, env } = useSearch({ strict: false });
  const [keysOpen, setKeysOpen] = useState(false);
  const navigate = useNavigate();
  const status = useStatus();
  const firstRun = status.data?.has_spans === false;
  useKeys({
    "?": () => setKeysOpen(true),
    "g t": () => void navigate({ to: "/traces" }),
    "g i": () => void navigate({ to: "/ingest" }),
    "g n": () => void navigate({ to: "/connect" }),
  });
  const version = status.data ? t("shell.version", { version: status.data.version }) : "";
  return (
    <div className="flex h-full flex-col">
      <a href="#content" className="skip btn" onClick={event => { event.preventDefault(); document.getElementById("content")?.focus(); }}>{t("app.skip")}</a>
      <header className="topbar flex-none">
        <Link to="/traces" className="brand text-text hover:no-underline"><Mark />{t("app.name")}</Link>
        {!firstRun && (
          <>
            <ScopeMenus app={app} env={env} />
            <nav className="nav" aria-label={t("nav.main")}>
              <Link to="/traces" aria-current={/^\/traces?(\/|$)/.test(path) ? "page" : undefined}>{t("nav.traces")}</Link>
              <Link to="/ingest" aria-current={path === "/ingest" ? "page" : undefined}>{t("nav.ingest")}</Link>
            </nav>
          </>
        )}
        <div className="tools">
          {firstRun && <span className="d3 t12 me-2">{version}</span>}
          {!firstRun && <Link to="/connect" className="btn quiet hover:no-underline" aria-current={path === "/connect" ? "page" : undefined}><Icon name="plus" size={14} />{t("nav.connect")}</Link>}
          <button type="button" className="ib" aria-label={t("shell.help")} title={`${t("shell.help")} (?)`} onClick={() => setKeysOpen(true)}><Icon name="help" /></button>
          <DisplayMenu version={version} />
        </div>
      </header>
      <ServerNotice />
      <div className="min-h-0 flex-1"><ErrorBoundary resetKey={path}><Outlet /></ErrorBoundary></div>
      <KeyMapDialog open={keysOpen} onOpenChange={setKeysOpen} />
    </div>
  );
}

/** At most one band: what keeps the whole page from being true. */
function ServerNotice() {
  const { data } = useStatus();
  if (!data) return null;
  const band = data.engine.state === "down" ? t("notice.engine.down", { reason: data.engine.reason ?? t("common.unknown") })
    : data.spool.refusing ? t("notice.spool.refusing")
    : data.engine.state === "starting" ? t("notice.engine.starting")
    : null;
  return band && <Notice tone={data.engine.state === "starting" && !data.spool.refusing ? "plain" : "warn"} className="flex-none rounded-none">{band}</Notice>;
}
