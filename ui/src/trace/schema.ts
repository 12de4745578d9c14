import type { JsonNode } from "./json";

/** What is wrong with arguments by the schema of a tool: the first problem, null for none, undefined where the schema says more than is understood here. */
export function firstProblem(value: JsonNode, schema: unknown, path = ""): SchemaProblem | null | undefined {
  if (schema === true) return null;
  if (typeof schema !== "object" || schema === null) return undefined;
  const s = schema as Record<string, unknown>;
  if (Object.keys(s).some(k => !UNDERSTOOD.has(k))) return undefined;
  const types = Array.isArray(s.type) ? s.type : s.type === undefined ? [] : [s.type];
  if (types.length && !types.some(type => isType(value, String(type)))) return { path, problem: "type", expected: types.join(", ") };
  if (Array.isArray(s.enum) && !s.enum.some(e => same(value, e))) return { path, problem: "enum", expected: s.enum.map(e => JSON.stringify(e)).join(", ") };
  let unknown = false;
  const look = (found: SchemaProblem | null | undefined) => {
    if (found === undefined) unknown = true;
    return found ?? null;
  };
  if (value.type === "object") {
    const fields = new Map(value.entries);
    for (const name of Array.isArray(s.required) ? s.required : []) if (!fields.has(String(name))) return { path: join(path, String(name)), problem: "missing", expected: "" };
    const properties = (s.properties ?? {}) as Record<string, unknown>;
    for (const [name, field] of fields) {
      if (Object.hasOwn(properties, name)) {
        const found = look(firstProblem(field, properties[name], join(path, name)));
        if (found) return found;
      } else if (s.additionalProperties === false) return { path: join(path, name), problem: "extra", expected: "" };
    }
  }
  if (value.type === "array" && s.items !== undefined) {
    for (let i = 0; i < value.items.length; i++) {
      const found = look(firstProblem(value.items[i]!, s.items, `${path}[${i}]`));
      if (found) return found;
    }
  }
  return unknown ? undefined : null;
}

export interface SchemaProblem {
  readonly path: string;
  readonly problem: "type" | "enum" | "missing" | "extra";
  readonly expected: string;
}

const UNDERSTOOD = new Set(["type", "enum", "required", "properties", "additionalProperties", "items", "description", "title", "default", "examples", "$schema", "strict", "format"]);

function join(path: string, name: string): string {
  return path ? `${path}.${name}` : name;
}

function isType(value: JsonNode, type: string): boolean {
  switch (type) {
    case "object": case "array": case "string": return value.type === type;
    case "null": return value.type === "literal" && value.text === "null";
    case "boolean": return value.type === "literal" && (value.text === "true" || value.text === "false");
    case "number": return value.type === "literal" && /^-?\d/.test(value.text);
    case "integer": return value.type === "literal" && /^-?\d/.test(value.text) && Number.isInteger(Number(value.text));
    default: return true;
  }
}

function same(value: JsonNode, expected: unknown): boolean {
  if (value.type === "string") return value.value === expected;
  if (value.type === "literal") return value.text === String(expected) && typeof expected !== "string";
  return false;
}
