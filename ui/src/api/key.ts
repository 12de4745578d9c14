import { useSyncExternalStore } from "react";

/** The API key of this browser: for the session unless its owner asked to keep it. */
const NAME = "tracewell.key";
let wanted = false;
const listeners = new Set<() => void>();

export function apiKey(): string | null {
  try {
    return sessionStorage.getItem(NAME) ?? localStorage.getItem(NAME);
  } catch {
    return null;
  }
}

/** Remembers a key, beyond the session with `keep`. */
export function storeKey(key: string, keep: boolean): void {
  try {
    sessionStorage.setItem(NAME, key);
    if (keep) localStorage.setItem(NAME, key);
    else localStorage.removeItem(NAME);
  } catch {
    // Storage is switched off: the next request will ask again.
  }
  wanted = false;
  listeners.forEach(listener => listener());
}

/** The server refused a request for want of a key: the application shows the page that asks for it. */
export function askForKey(): void {
  if (wanted) return;
  wanted = true;
  listeners.forEach(listener => listener());
}

/** Whether the page that asks for a key has to be shown. */
export function useKeyWanted(): boolean {
  return useSyncExternalStore(
    listener => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => wanted,
  );
}
