/** Texts of the trace panel and the trace page; keys start with "trace.". */
export const trace = {
  "trace.spans": "{count, plural, one {# span} other {# spans}}",
} as const;
