export { TracePage, TracePanel, type TracePanelProps } from "./TraceView";
export type { TraceSearch, TraceViewProps } from "./TraceView";
