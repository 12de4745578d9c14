import type { Span } from "../api/types";

/** What Datadog's SDKs write into metadata although it has a meaning of its own. */
export interface Known {
  /** Why the tool or the model was called, in the words of the caller; null for none. */
  intent: string | null;
  /** What a framework says of its agent: instructions, model, tools and the like; null for none. */
  manifest: Record<string, unknown> | null;
  /** The metadata without both. */
  rest: Record<string, unknown>;
}

export function known(span: Pick<Span, "dialects" | "metadata">): Known {
  const rest: Record<string, unknown> = { ...span.metadata };
  if (!span.dialects.includes("datadog")) return { intent: null, manifest: null, rest };
  let intent: string | null = null;
  if (typeof rest.intent === "string") {
    intent = rest.intent || null;
    delete rest.intent;
  }
  let manifest: Record<string, unknown> | null = null;
  if (isObject(rest._dd) && isObject(rest._dd.agent_manifest)) {
    const { agent_manifest: found, ...others } = rest._dd;
    manifest = isObject(found) && Object.keys(found).length > 0 ? found : null;
    if (Object.keys(others).length > 0) rest._dd = others;
    else delete rest._dd;
  }
  return { intent, manifest, rest };
}

/** One of a list of things that have a name: tools, agents that work is handed to, guardrails. */
export interface Named {
  name: string;
  description: string | null;
  rest: Record<string, unknown>;
}

/** The things of a list by their names; null where one has none. */
export function named(list: unknown): Named[] | null {
  if (!Array.isArray(list) || list.length === 0) return null;
  const found: Named[] = [];
  for (const item of list as unknown[]) {
    if (typeof item === "string") found.push({ name: item, description: null, rest: {} });
    else if (isObject(item)) {
      const { name, agent_name: agent, description, ...rest } = item;
      const called = typeof name === "string" ? name : typeof agent === "string" ? agent : null;
      if (called === null) return null;
      found.push({ name: called, description: typeof description === "string" ? description : null, rest });
    } else return null;
  }
  return found;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
