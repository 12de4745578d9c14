/** What the address of the Traces page holds beside the scope. */
export const TRACES_PARAMETERS = ["q", "from", "to", "tz", "sort", "cols", "live", "trace", "span", "tab", "view", "fold", "msg"] as const;
export type TracesSearch = { [K in (typeof TRACES_PARAMETERS)[number]]?: string };
