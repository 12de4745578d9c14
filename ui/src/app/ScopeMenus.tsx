import { useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { DropdownMenu } from "radix-ui";
import { useState } from "react";
import { get } from "../api/client";
import { Count, Icon } from "../components";
import { t } from "../i18n";

/** Application and environment: global, part of the address, kept from page to page. */
export function ScopeMenus({ app, env }: { app: string | undefined; env: string | undefined }) {
  return (
    <div className="scope">
      <ScopeMenu name="app" value={app} label={t("scope.application")} all={t("scope.allApplications")} />
      <ScopeMenu name="env" value={env} label={t("scope.environment")} all={t("scope.allEnvironments")} prefix={t("scope.env")} />
    </div>
  );
}

function ScopeMenu({ name, value, label, all, prefix }: { name: "app" | "env"; value: string | undefined; label: string; all: string; prefix?: string }) {
  const [open, setOpen] = useState(false);
  const navigate = useNavigate();
  const { data } = useQuery({
    queryKey: ["scope", name],
    queryFn: ({ signal }) => get("/traces/facets", { query: { field: name, from: "now-7d", values: 100 }, signal }),
    enabled: open,
  });
  const values = data?.facets[0]?.values ?? [];
  // Undefined would be filled in again by the rule that keeps the scope from page to page; an empty text is left out of the address.
  const choose = (next: string | undefined) => void navigate({ to: ".", search: (before: Record<string, unknown>) => ({ ...before, [name]: next ?? "" }) });
  return (
    <DropdownMenu.Root open={open} onOpenChange={setOpen}>
      <DropdownMenu.Trigger asChild>
        <button type="button" aria-label={`${label}: ${value ?? all}`}>{prefix && <span className="d3 font-normal">{prefix}</span>}<bdi className="ell max-w-[180px]">{value ?? all}</bdi><Icon name="down" size={12} /></button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="start" sideOffset={4}>
          <DropdownMenu.RadioGroup value={value ?? ""} onValueChange={v => choose(v || undefined)}>
            <DropdownMenu.RadioItem value="" className="menu-item"><span className="grow">{all}</span><Tick /></DropdownMenu.RadioItem>
            {value && !values.some(v => v.value === value) && <DropdownMenu.RadioItem value={value} className="menu-item"><bdi className="ell grow">{value}</bdi><Tick /></DropdownMenu.RadioItem>}
            {values.map(v => (
              <DropdownMenu.RadioItem key={v.value} value={v.value} className="menu-item"><bdi className="ell grow">{v.value}</bdi><span className="d3 num"><Count value={v.count} /></span><Tick /></DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          {data && values.length === 0 && <div className="d3 px-2 py-1">{t("scope.none")}</div>}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

function Tick() {
  return <span className="w-3"><DropdownMenu.ItemIndicator><Icon name="check" size={12} /></DropdownMenu.ItemIndicator></span>;
}
