import { t } from "../i18n";

export function ConnectPage() {
  return <main id="content" className="p-16"><h1 className="t28">{t("firstrun.title")}</h1></main>;
}
