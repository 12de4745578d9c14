import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark" | "system";
export type Density = "compact" | "default" | "relaxed";

const listeners = new Set<() => void>();
const systemDark = matchMedia("(prefers-color-scheme: dark)");

function read(name: string): string | null {
  try {
    return localStorage.getItem("tracewell." + name);
  } catch {
    return null;
  }
}

function write(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem("tracewell." + name);
    else localStorage.setItem("tracewell." + name, value);
  } catch {
    // Storage is switched off: the choice holds for this page only.
  }
}

const one = <T extends string>(value: string | null, allowed: readonly T[], otherwise: T) => (allowed.includes(value as T) ? (value as T) : otherwise);
let theme: Theme = one(read("theme"), ["light", "dark", "system"], "system");
let density: Density = one(read("density"), ["compact", "default", "relaxed"], "default");

function apply(): void {
  const root = document.documentElement.dataset;
  root.theme = theme === "dark" || (theme === "system" && systemDark.matches) ? "dark" : "light";
  if (density === "default") delete root.density;
  else root.density = density;
  listeners.forEach(listener => listener());
}
systemDark.addEventListener("change", apply);
apply();

const subscribe = (listener: () => void) => (listeners.add(listener), () => listeners.delete(listener));

/** Colours of the interface, kept in this browser. */
export function useTheme(): [Theme, (value: Theme) => void] {
  return [useSyncExternalStore(subscribe, () => theme), value => { theme = value; write("theme", value === "system" ? null : value); apply(); }];
}

/** Height of rows, kept in this browser. */
export function useDensity(): [Density, (value: Density) => void] {
  return [useSyncExternalStore(subscribe, () => density), value => { density = value; write("density", value === "default" ? null : value); apply(); }];
}

/** Height of a table row in pixels, after the density. */
export function useRowHeight(): number {
  const [value] = useDensity();
  return value === "compact" ? 24 : value === "relaxed" ? 36 : 28;
}
