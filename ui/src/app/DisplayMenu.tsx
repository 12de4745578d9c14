import { DropdownMenu } from "radix-ui";
import { Icon } from "../components";
import { t } from "../i18n";
import { useDensity, useTheme, type Density, type Theme } from "./preferences";

/** How the interface looks in this browser: colours and height of rows. */
export function DisplayMenu({ version }: { version: string }) {
  const [theme, setTheme] = useTheme();
  const [density, setDensity] = useDensity();
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild><button type="button" className="ib" aria-label={t("shell.settings")} title={t("shell.settings")}><Icon name="gear" /></button></DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          <DropdownMenu.Label className="menu-label">{t("shell.theme")}</DropdownMenu.Label>
          <DropdownMenu.RadioGroup value={theme} onValueChange={v => setTheme(v as Theme)}>
            {(["light", "dark", "system"] as const).map(v => <Choice key={v} value={v} label={t(`shell.theme.${v}`)} />)}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Label className="menu-label">{t("shell.density")}</DropdownMenu.Label>
          <DropdownMenu.RadioGroup value={density} onValueChange={v => setDensity(v as Density)}>
            {(["compact", "default", "relaxed"] as const).map(v => <Choice key={v} value={v} label={t(`shell.density.${v}`)} />)}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Item asChild><a className="menu-item text-text hover:no-underline" href="/api/v1/openapi.yaml" target="_blank" rel="noreferrer"><span className="grow">{t("shell.api")}</span><Icon name="ext" size={12} /></a></DropdownMenu.Item>
          {version && <div className="d3 px-2 py-1">{version}</div>}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Choice({ value, label }: { value: string; label: string }) {
  return <DropdownMenu.RadioItem value={value} className="menu-item"><span className="grow">{label}</span><DropdownMenu.ItemIndicator><Icon name="check" size={12} /></DropdownMenu.ItemIndicator></DropdownMenu.RadioItem>;
}
