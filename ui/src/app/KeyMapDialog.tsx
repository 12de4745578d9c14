import { Dialog } from "radix-ui";
import { Fragment } from "react";
import { Icon } from "../components";
import { t, type MessageKey } from "../i18n";

const MAP: readonly { title: MessageKey; keys: readonly (readonly [keys: readonly string[], what: MessageKey])[] }[] = [
  { title: "keys.anywhere", keys: [[["/"], "keys.search"], [["t"], "keys.timeRange"], [["[", "]"], "keys.shiftRange"], [["l"], "keys.live"], [["g", "t"], "keys.gTraces"], [["g", "i"], "keys.gIngest"], [["g", "n"], "keys.gConnect"], [["Esc"], "keys.escape"], [["?"], "keys.help"]] },
  { title: "keys.list", keys: [[["j", "k"], "keys.move"], [["↑", "↓"], "keys.move"], [["↵"], "keys.open"], [["o"], "keys.openPage"], [["x"], "keys.check"], [["f"], "keys.facets"]] },
  { title: "keys.trace", keys: [[["↑", "↓"], "keys.traceSpan"], [["←", "→"], "keys.traceFold"], [["e", "⇧E"], "keys.traceCause"], [["1", "9"], "keys.traceTab"]] },
];

/** Every key of the page, opened with `?`. */
export function KeyMapDialog({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  return (
    <Dialog.Root open={open} onOpenChange={onOpenChange}>
      <Dialog.Portal>
        <Dialog.Overlay className="dialog-back" />
        <Dialog.Content className="dialog" aria-describedby={undefined}>
          <div className="row mb-3"><Dialog.Title className="t16">{t("keys.title")}</Dialog.Title><span className="sp" /><Dialog.Close asChild><button type="button" className="ib" aria-label={t("keys.close")}><Icon name="x" size={14} /></button></Dialog.Close></div>
          <div className="grid grid-cols-3 gap-6 t12">
            {MAP.map(group => (
              <section key={group.title}>
                <h3 className="b mb-2">{t(group.title)}</h3>
                <dl className="grid grid-cols-[72px_1fr] items-center gap-y-1">
                  {group.keys.map(([keys, what]) => <Fragment key={keys.join(" ")}><dt className="row g4">{keys.map(key => <kbd key={key}>{key}</kbd>)}</dt><dd className="d2">{t(what)}</dd></Fragment>)}
                </dl>
              </section>
            ))}
          </div>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
