import { Toast } from "radix-ui";
import { useSyncExternalStore } from "react";

interface Item { id: number; text: string; action?: { label: string; run: () => void } }
let items: readonly Item[] = [];
let next = 1;
const listeners = new Set<() => void>();
function set(value: readonly Item[]) {
  items = value;
  listeners.forEach(listener => listener());
}

/** Shows a short message at the bottom for 5 s; never for errors that need reading. */
export function toast(text: string, action?: Item["action"]): void {
  set([...items.slice(-2), { id: next++, text, ...(action ? { action } : {}) }]);
}

/** The place where toasts appear; once a page. */
export function Toaster() {
  const shown = useSyncExternalStore(listener => (listeners.add(listener), () => listeners.delete(listener)), () => items);
  return (
    <Toast.Provider duration={5_000} swipeDirection="left">
      {shown.map(item => (
        <Toast.Root key={item.id} className="toast" onOpenChange={open => { if (!open) set(items.filter(i => i.id !== item.id)); }}>
          <Toast.Description>{item.text}</Toast.Description>
          {item.action && <Toast.Action altText={item.action.label} asChild><button type="button" className="underline underline-offset-2" onClick={item.action.run}>{item.action.label}</button></Toast.Action>}
        </Toast.Root>
      ))}
      <Toast.Viewport className="toasts" />
    </Toast.Provider>
  );
}
