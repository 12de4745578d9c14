import { ToggleGroup } from "radix-ui";
import type { ReactNode } from "react";

/** A choice among a few, all visible. */
export function Segmented<T extends string>({ label, value, options, onChange, small = false, wrap = false }: { label: string; value: T; options: readonly { value: T; label: ReactNode }[]; onChange: (value: T) => void; small?: boolean; wrap?: boolean }) {
  return (
    <ToggleGroup.Root type="single" className={`seg ${small ? "sm" : ""} ${wrap ? "flex-wrap" : ""}`} aria-label={label} value={value} onValueChange={v => { if (v) onChange(v as T); }}>
      {options.map(o => <ToggleGroup.Item key={o.value} value={o.value}>{o.label}</ToggleGroup.Item>)}
    </ToggleGroup.Root>
  );
}
