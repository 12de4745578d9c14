import { DropdownMenu } from "radix-ui";
import { Icon } from "../components";
import { t } from "../i18n";
import { ALL_COLUMNS, COLUMNS, DEFAULT_COLUMNS, type ShownColumn } from "./columns";

/** Which columns are shown; order and width belong to the heads. */
export function ColumnsMenu({ columns, onColumns }: { columns: readonly ShownColumn[]; onColumns: (columns: ShownColumn[]) => void }) {
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger asChild><button type="button" className="btn quiet sm"><Icon name="cols" size={14} />{t("columns.button")}</button></DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content className="menu" align="end" sideOffset={4}>
          {ALL_COLUMNS.map(id => {
            const on = columns.some(c => c.column.id === id);
            return (
              <DropdownMenu.CheckboxItem key={id} className="menu-item" checked={on} disabled={on && columns.length === 1} onSelect={e => e.preventDefault()} onCheckedChange={next => onColumns(next ? [...columns, { column: COLUMNS[id], width: null }] : columns.filter(c => c.column.id !== id))}>
                <span className={`cb s ${on ? "on" : ""}`} aria-hidden="true">{on && <Icon name="check" />}</span>{t(`column.${id}`)}
              </DropdownMenu.CheckboxItem>
            );
          })}
          <DropdownMenu.Separator className="menu-line" />
          <DropdownMenu.Item className="menu-item" onSelect={() => onColumns(DEFAULT_COLUMNS.map(id => ({ column: COLUMNS[id], width: null })))}>{t("columns.reset")}</DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
