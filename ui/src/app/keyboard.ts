import { useEffect, useRef } from "react";

/** What a key does; `false` hands the key on to the layer below. */
export type KeyMap = Record<string, (event: KeyboardEvent) => void | false>;
const layers: { current: KeyMap }[] = [];
let prefix = "";
let prefixTimer: ReturnType<typeof setTimeout> | undefined;

function inField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
}

/** The name of a key as maps spell it: `j`, `?`, `Escape`, `Shift+E`, or `g t` for one after the other. */
function keyName(event: KeyboardEvent): string {
  const letter = event.key.length === 1;
  const name = letter && /[a-z]/i.test(event.key) ? (event.shiftKey ? "Shift+" + event.key.toUpperCase() : event.key.toLowerCase()) : !letter && event.shiftKey ? "Shift+" + event.key : event.key;
  return prefix ? `${prefix} ${name}` : name;
}

document.addEventListener("keydown", event => {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  // Menus and dialogs have keys of their own.
  if (event.target instanceof Element && event.target.closest("[role=menu],[role=dialog]:not([data-panel]),[role=listbox]")) return;
  if (inField(event.target) && event.key !== "Escape") return;
  const name = keyName(event);
  prefix = "";
  clearTimeout(prefixTimer);
  for (let i = layers.length - 1; i >= 0; i--) {
    const action = layers[i]!.current[name];
    if (action && action(event) !== false) {
      event.preventDefault();
      return;
    }
  }
  if (name === "g") {
    prefix = "g";
    prefixTimer = setTimeout(() => (prefix = ""), 1_500);
  }
});

/** Single keys while no field has the focus. Layers that mount later come first. */
export function useKeys(map: KeyMap, enabled = true): void {
  const latest = useRef(map);
  useEffect(() => { latest.current = map; });
  useEffect(() => {
    if (!enabled) return;
    layers.push(latest);
    return () => {
      layers.splice(layers.indexOf(latest), 1);
    };
  }, [enabled]);
}
