import { Link, Outlet, useLocation } from "@tanstack/react-router";
import { useKeyWanted } from "../api/key";
import { ErrorBoundary, Mark, Toaster } from "../components";
import { t } from "../i18n";
import { KeyPrompt } from "./KeyPrompt";

/** The frame of every page: top bar, content, toasts. */
export function Shell() {
  const keyWanted = useKeyWanted();
  const path = useLocation({ select: location => location.pathname });
  if (keyWanted) return <KeyPrompt />;
  return (
    <div className="flex h-full flex-col">
      <a href="#content" className="skip btn">{t("app.skip")}</a>
      <header className="topbar"><Link to="/traces" className="brand text-text hover:no-underline"><Mark />{t("app.name")}</Link></header>
      <div className="min-h-0 flex-1"><ErrorBoundary resetKey={path}><Outlet /></ErrorBoundary></div>
      <Toaster />
    </div>
  );
}
