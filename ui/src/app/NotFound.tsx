import { Link, useLocation } from "@tanstack/react-router";
import { rich, t } from "../i18n";

export function NotFound() {
  const path = useLocation({ select: location => location.pathname });
  return (
    <main id="content" className="pane h-full p-16">
      <h1 className="t16">{t("error.notFound.title")}</h1>
      <p className="d2 mt-1 mb-4 max-w-[620px] break-words">{rich("error.notFound.text", { path: <code key="path">{path}</code> })}</p>
      <Link to="/traces" className="btn hover:no-underline">{t("error.notFound.back")}</Link>
    </main>
  );
}
