import { useVirtualizer } from "@tanstack/react-virtual";
import { ContextMenu } from "radix-ui";
import { memo, useCallback, useEffect, useRef, useState, type MouseEvent, type PointerEvent as ReactPointerEvent, type ReactNode, type RefObject } from "react";
import type { TraceRow } from "../api/types";
import { copyText, ErrorNotice, Icon } from "../components";
import { useRowHeight } from "../app/preferences";
import { t } from "../i18n";
import { COLUMNS, nextSort, template, type CellContext, type Column, type ColumnId, type ShownColumn } from "./columns";
import type { Sort } from "./state";
import type { TraceList } from "./useTraceList";

export interface TableActions {
  open: (row: TraceRow) => void;
  openPage: (row: TraceRow) => void;
  check: (row: TraceRow, through: boolean) => void;
  filter: (column: Column, value: string, exclude: boolean) => void;
  link: (row: TraceRow) => string;
}

/** The list of traces: fixed rows, virtual from the first on, walked with the keyboard by `aria-activedescendant`. */
export function TraceTable({ list, total, columns, onColumns, sort, onSort, context, cursor, selected, checked, actions, gridRef, scrollRef, onScrollTop, onHover, empty }: {
  list: TraceList; total: number | null; columns: readonly ShownColumn[]; onColumns: (columns: ShownColumn[]) => void; sort: Sort; onSort: (sort: Sort) => void; context: CellContext;
  cursor: number | null; selected: string | undefined; checked: ReadonlySet<string>; actions: TableActions; gridRef: RefObject<HTMLDivElement | null>; scrollRef: RefObject<HTMLDivElement | null>;
  onScrollTop: () => void; onHover: (over: boolean) => void; empty: ReactNode;
}) {
  const rowHeight = useRowHeight();
  const rows = list.rows;
  // Stable functions: a new one would make the virtualiser measure every row again, at every frame.
  const getItemKey = useCallback((i: number) => rows![i]!.trace_key, [rows]);
  const estimateSize = useCallback(() => rowHeight, [rowHeight]);
  const getScrollElement = useCallback(() => scrollRef.current, [scrollRef]);
  const virtual = useVirtualizer({ count: rows?.length ?? 0, getScrollElement, estimateSize, overscan: 8, scrollPaddingStart: 28, getItemKey });
  useEffect(() => { virtual.measure(); }, [rowHeight, virtual]);
  useEffect(() => { if (cursor !== null) virtual.scrollToIndex(cursor, { align: "auto" }); }, [cursor, virtual]);
  const items = virtual.getVirtualItems(), lastShown = items.at(-1)?.index ?? 0;
  const { more, loadMore } = list;
  useEffect(() => { if (rows && more && lastShown > rows.length - 60) loadMore(); }, [rows, more, lastShown, loadMore]);
  const [menu, setMenu] = useState<{ row: TraceRow; column: Column | null } | null>(null);
  const remember = (event: MouseEvent) => {
    const element = event.target as Element, index = element.closest<HTMLElement>("[data-index]")?.dataset.index, id = element.closest<HTMLElement>("[data-column]")?.dataset.column;
    const row = index === undefined ? undefined : rows?.[Number(index)];
    if (row) setMenu({ row, column: id ? COLUMNS[id as ColumnId] : null });
    else event.preventDefault();
  };
  const act = useRef(actions);
  act.current = actions;
  const onRow = useCallback((event: MouseEvent, row: TraceRow) => {
    if (event.defaultPrevented || window.getSelection()?.isCollapsed === false) return;
    // With a modifier the browser follows the link of the row by itself.
    if (event.metaKey || event.ctrlKey || event.button !== 0) { if (!(event.target as Element).closest("a")) window.open(act.current.link(row), "_blank", "noopener"); return; }
    event.preventDefault();
    act.current.open(row);
  }, []);
  const onCheck = useCallback((event: MouseEvent, row: TraceRow) => { event.preventDefault(); event.stopPropagation(); act.current.check(row, event.shiftKey); }, []);
  const value = menu?.column?.value(menu.row) ?? null;
  return (
    <div ref={scrollRef} className="scroll relative min-h-0 flex-1" style={{ "--cols": template(columns) } as React.CSSProperties} onScroll={event => { if (event.currentTarget.scrollTop <= 0) onScrollTop(); }}>
      <ContextMenu.Root>
        <div
          ref={gridRef} role="grid" tabIndex={0} aria-label={t("table.label")} aria-rowcount={total === null ? -1 : total + 1} aria-colcount={columns.length + 1} aria-busy={list.stale && !list.error} aria-activedescendant={cursor === null || !rows?.[cursor] ? undefined : `row-${rows[cursor].trace_key}`}
          className="grid-body min-w-max focus-visible:outline-none" onPointerEnter={() => onHover(true)} onPointerLeave={() => onHover(false)}
        >
          <Head columns={columns} onColumns={onColumns} sort={sort} onSort={onSort} scrollRef={scrollRef} />
          {rows && rows.length > 0 && (
            <ContextMenu.Trigger asChild>
              <div role="rowgroup" className={`relative ${list.stale && !list.error ? "stale" : ""}`} style={{ height: virtual.getTotalSize() }} onContextMenu={remember}>
                {items.map(item => {
                  const row = rows[item.index]!;
                  return <Row key={item.key} row={row} index={item.index} top={item.start} height={rowHeight} columns={columns} context={context} focused={item.index === cursor} selected={selected === row.trace_id || selected === row.trace_key} checked={checked.has(row.trace_key)} fresh={Date.now() - (list.since.get(row.trace_key) ?? 0) < 2_000} onRow={onRow} onCheck={onCheck} />;
                })}
              </div>
            </ContextMenu.Trigger>
          )}
          {!rows && !list.error && <Skeleton columns={columns} height={rowHeight} />}
        </div>
        <ContextMenu.Portal>
          <ContextMenu.Content className="menu">
            {menu?.column?.field && value !== null && value !== "" && (
              <>
                <ContextMenu.Item className="menu-item" onSelect={() => actions.filter(menu.column!, value, false)}><span className="grow">{t("menu.filter")}</span></ContextMenu.Item>
                <ContextMenu.Item className="menu-item" onSelect={() => actions.filter(menu.column!, value, true)}><span className="grow">{t("menu.exclude")}</span></ContextMenu.Item>
              </>
            )}
            {value !== null && value !== "" && <ContextMenu.Item className="menu-item" onSelect={() => void copyText(value)}>{t("menu.copy")}</ContextMenu.Item>}
            {menu?.column && <ContextMenu.Separator className="menu-line" />}
            {menu && (
              <>
                <ContextMenu.Item className="menu-item" onSelect={() => actions.open(menu.row)}><span className="grow">{t("menu.open")}</span><kbd>↵</kbd></ContextMenu.Item>
                <ContextMenu.Item className="menu-item" onSelect={() => actions.openPage(menu.row)}><span className="grow">{t("menu.openPage")}</span><kbd>o</kbd></ContextMenu.Item>
                <ContextMenu.Item className="menu-item" onSelect={() => void copyText(location.origin + actions.link(menu.row))}>{t("menu.copyLink")}</ContextMenu.Item>
                <ContextMenu.Item className="menu-item" onSelect={() => void copyText(menu.row.trace_id)}>{t("menu.copyId")}</ContextMenu.Item>
              </>
            )}
          </ContextMenu.Content>
        </ContextMenu.Portal>
      </ContextMenu.Root>
      {rows?.length === 0 && !list.stale && empty}
      {list.error && rows && rows.length > 0 && !list.stale && <ErrorNotice error={list.error} retry={list.retry} className="m-3" />}
      {rows && rows.length > 0 && !list.stale && <p className="t11 d3 px-8 py-2">{list.more ? t("table.loadingMore") + "…" : t("table.end", { count: rows.length })}</p>}
    </div>
  );
}

const Row = memo(function Row({ row, index, top, height, columns, context, focused, selected, checked, fresh, onRow, onCheck }: {
  row: TraceRow; index: number; top: number; height: number; columns: readonly ShownColumn[]; context: CellContext; focused: boolean; selected: boolean; checked: boolean; fresh: boolean;
  onRow: (event: MouseEvent, row: TraceRow) => void; onCheck: (event: MouseEvent, row: TraceRow) => void;
}) {
  return (
    <div
      id={`row-${row.trace_key}`} role="row" aria-rowindex={index + 2} aria-selected={selected} data-index={index}
      className={`tr is-row group/row ${row.status === "error" ? "is-err" : ""} ${selected ? "is-sel" : ""} ${focused ? "is-cursor" : ""} ${fresh ? "is-new" : ""}`}
      style={{ position: "absolute", insetInline: 0, top: 0, transform: `translateY(${top}px)`, height }} onClick={event => onRow(event, row)} onAuxClick={event => { if (event.button === 1) onRow(event, row); }}
    >
      <span role="gridcell" className="cell-check" onClick={event => onCheck(event, row)}>
        <span role="checkbox" aria-checked={checked} aria-label={t("table.check")} className={`cb s ${checked ? "on" : "opacity-0 group-hover/row:opacity-100"}`}>{checked && <Icon name="check" />}</span>
      </span>
      {columns.map(({ column }) => <span key={column.id} role="gridcell" data-column={column.id} className={column.right ? "num" : ""}>{column.cell(row, context)}</span>)}
    </div>
  );
});

const Head = memo(function Head({ columns, onColumns, sort, onSort, scrollRef }: { columns: readonly ShownColumn[]; onColumns: (columns: ShownColumn[]) => void; sort: Sort; onSort: (sort: Sort) => void; scrollRef: RefObject<HTMLDivElement | null> }) {
  const [dragged, setDragged] = useState<ColumnId | null>(null);
  const [over, setOver] = useState<ColumnId | null>(null);
  const drop = (target: ColumnId) => {
    if (!dragged || dragged === target) return;
    const from = columns.findIndex(c => c.column.id === dragged), to = columns.findIndex(c => c.column.id === target), rest = columns.filter(c => c.column.id !== dragged);
    const at = rest.findIndex(c => c.column.id === target) + (from < to ? 1 : 0);
    onColumns([...rest.slice(0, at), columns[from]!, ...rest.slice(at)]);
  };
  return (
    <div role="rowgroup" className="sticky top-0 z-10">
      <div role="row" aria-rowindex={1} className="tr th">
        <span role="columnheader"><span className="vh">{t("table.check")}</span></span>
        {columns.map((shown, index) => {
          const { column } = shown, label = t(`column.${column.id}`), sorted = column.sort && (sort === column.sort ? "ascending" : sort === `-${column.sort}` ? "descending" : undefined), next = nextSort(column, sort);
          const move = (by: number) => { const list = [...columns], [item] = list.splice(index, 1); list.splice(index + by, 0, item!); onColumns(list); };
          return (
            <ContextMenu.Root key={column.id}>
              <ContextMenu.Trigger asChild>
                <span
                  role="columnheader" aria-sort={sorted ?? (column.sort ? "none" : undefined)} className={`rz ${column.right ? "r" : ""} ${sorted ? "sorted" : ""} ${over === column.id && dragged ? "bg-hover" : ""}`} draggable
                  onDragStart={event => { setDragged(column.id); event.dataTransfer.effectAllowed = "move"; event.dataTransfer.setData("text/plain", label); }} onDragOver={event => { if (dragged) { event.preventDefault(); setOver(column.id); } }} onDragEnd={() => { setDragged(null); setOver(null); }}
                  onDrop={event => { event.preventDefault(); drop(column.id); setDragged(null); setOver(null); }}
                >
                  {next ? <button type="button" className="th-sort" onClick={() => onSort(next)}>{label}{sorted && <Icon name="sort" size={12} className={sorted === "ascending" ? "rotate-180" : ""} />}</button> : <span className="ell">{label}</span>}
                  <Resizer shown={shown} columns={columns} onColumns={onColumns} scrollRef={scrollRef} />
                </span>
              </ContextMenu.Trigger>
              <ContextMenu.Portal>
                <ContextMenu.Content className="menu">
                  {column.sort && (
                    <>
                      <ContextMenu.Item className="menu-item" onSelect={() => onSort(`-${column.sort!}`)}>{t(column.id === "time" ? "columns.newest" : "columns.sortDown")}</ContextMenu.Item>
                      <ContextMenu.Item className="menu-item" onSelect={() => onSort(column.sort!)}>{t(column.id === "time" ? "columns.oldest" : "columns.sortUp")}</ContextMenu.Item>
                      <ContextMenu.Separator className="menu-line" />
                    </>
                  )}
                  <ContextMenu.Item className="menu-item" disabled={index === 0} onSelect={() => move(-1)}>{t("columns.left")}</ContextMenu.Item>
                  <ContextMenu.Item className="menu-item" disabled={index === columns.length - 1} onSelect={() => move(1)}>{t("columns.right")}</ContextMenu.Item>
                  <ContextMenu.Item className="menu-item" disabled={shown.width === null} onSelect={() => onColumns(columns.map(c => (c === shown ? { ...c, width: null } : c)))}>{t("columns.fit")}</ContextMenu.Item>
                  <ContextMenu.Item className="menu-item" disabled={columns.length === 1} onSelect={() => onColumns(columns.filter(c => c !== shown))}>{t("columns.hide")}</ContextMenu.Item>
                </ContextMenu.Content>
              </ContextMenu.Portal>
            </ContextMenu.Root>
          );
        })}
      </div>
    </div>
  );
});

/** The tick at the right edge of a head: drag sets the width, a double click takes the default again. */
function Resizer({ shown, columns, onColumns, scrollRef }: { shown: ShownColumn; columns: readonly ShownColumn[]; onColumns: (columns: ShownColumn[]) => void; scrollRef: RefObject<HTMLDivElement | null> }) {
  const { column } = shown;
  const at = (width: number | null) => columns.map(c => (c === shown ? { ...c, width } : c));
  const down = (event: ReactPointerEvent<HTMLSpanElement>) => {
    if (event.button !== 0) return;
    event.preventDefault();
    event.stopPropagation();
    const handle = event.currentTarget, head = handle.parentElement!, startX = event.clientX, startWidth = head.getBoundingClientRect().width, sign = getComputedStyle(head).direction === "rtl" ? -1 : 1;
    handle.setPointerCapture(event.pointerId);
    let width = startWidth;
    // While dragging only the one style variable changes; the address changes once, at the end.
    const move = (e: PointerEvent) => {
      width = Math.max(column.min, Math.min(1_200, Math.round(startWidth + sign * (e.clientX - startX))));
      scrollRef.current?.style.setProperty("--cols", template(at(width)));
    };
    const up = () => {
      handle.removeEventListener("pointermove", move);
      handle.removeEventListener("pointerup", up);
      if (width !== startWidth) onColumns(at(width));
    };
    handle.addEventListener("pointermove", move);
    handle.addEventListener("pointerup", up);
  };
  return <span className="rz-handle" title={t("columns.resize", { column: t(`column.${column.id}`) })} draggable onDragStart={e => { e.preventDefault(); e.stopPropagation(); }} onPointerDown={down} onDoubleClick={() => onColumns(at(null))} />;
}

const WIDTHS: Partial<Record<ColumnId, number>> = { time: 64, app: 60, name: 90, duration: 118, tokens: 30, cost: 44 };

function Skeleton({ columns, height }: { columns: readonly ShownColumn[]; height: number }) {
  return (
    <div aria-hidden="true">
      {Array.from({ length: 24 }, (_, i) => (
        <div key={i} className="tr" style={{ height }}><span />{columns.map(({ column }) => <span key={column.id} className={column.right ? "num" : ""}><span className="sk align-middle" style={{ width: WIDTHS[column.id] ?? `${86 - ((i * 17 + column.id.length * 7) % 40)}%` }} /></span>)}</div>
      ))}
    </div>
  );
}
