import type { ReactNode } from "react";
import { ApiError } from "../api/client";
import { t } from "../i18n";
import { copyText } from "./CopyButton";
import { Icon } from "./Icon";

/** One message of a region: plain, a warning, or an error. */
export function Notice({ tone = "plain", children, className = "" }: { tone?: "plain" | "warn" | "error"; children: ReactNode; className?: string }) {
  return (
    <div className={`note ${tone === "error" ? "e" : tone === "warn" ? "w" : ""} ${className}`} role={tone === "error" ? "alert" : "status"}>
      {tone !== "plain" && <Icon name="warn" className={tone === "warn" ? "text-warn" : ""} />}
      <div className="grow">{children}</div>
    </div>
  );
}

/** What could not be loaded and why, with a way to try again. */
export function ErrorNotice({ error, retry, className = "" }: { error: unknown; retry?: () => void; className?: string }) {
  const message = error instanceof Error ? error.message : String(error);
  const offline = error instanceof ApiError && error.code === "offline";
  return (
    <Notice tone="error" className={className}>
      <div className="whitespace-pre-wrap break-words">{message}</div>
      {offline && <div className="d2">{t("error.offline.hint")}</div>}
      <div className="row mt-2">
        {retry && <button type="button" className="btn sm" onClick={retry}>{t("common.tryAgain")}</button>}
        <button type="button" className="btn quiet sm" onClick={() => void copyText(error instanceof ApiError ? `${error.status} ${error.code}: ${message}` : message)}>{t("common.copyDetails")}</button>
      </div>
    </Notice>
  );
}
