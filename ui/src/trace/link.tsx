import { useRouter } from "@tanstack/react-router";
import type { ReactNode } from "react";

/** A link inside the application, by address; keeps the page when it is followed. */
export function AppLink({ to, className, title, children }: { to: string; className?: string; title?: string; children: ReactNode }) {
  const router = useRouter();
  return (
    <a
      href={to} className={className} title={title}
      onClick={e => {
        if (e.defaultPrevented || e.button !== 0 || e.metaKey || e.ctrlKey || e.shiftKey || e.altKey) return;
        e.preventDefault();
        router.history.push(to);
      }}
    >{children}</a>
  );
}
