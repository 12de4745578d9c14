/** Texts of the Traces page. */
export const traces = {
  "traces.title": "Traces",
} as const;
