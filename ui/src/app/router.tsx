import { createRootRoute, createRoute, createRouter, redirect, retainSearchParams, useNavigate } from "@tanstack/react-router";
import { ErrorNotice } from "../components";
import { ConnectPage } from "../firstrun/ConnectPage";
import { IngestPage } from "../ingest/IngestPage";
import { ingestSearch } from "../ingest/state";
import { TracePage, type TraceSearch } from "../trace";
import { TracesPage } from "../traces/TracesPage";
import { TRACES_PARAMETERS, type TracesSearch } from "../traces/state";
import { NotFound } from "./NotFound";
import { parseSearch, pick, stringifySearch } from "./search";
import { Shell } from "./Shell";

const root = createRootRoute({
  component: Shell,
  notFoundComponent: NotFound,
  errorComponent: ({ error, reset }) => <div className="p-4"><ErrorNotice error={error} retry={reset} /></div>,
  validateSearch: (search: Record<string, unknown>): { app?: string; env?: string } => pick(search, ["app", "env"]),
  search: { middlewares: [retainSearchParams(["app", "env"])] },
});

const index = createRoute({ getParentRoute: () => root, path: "/", beforeLoad: ({ search }) => { throw redirect({ to: "/traces", search, replace: true }); } });

const traces = createRoute({
  getParentRoute: () => root,
  path: "/traces",
  component: TracesPage,
  validateSearch: (search: Record<string, unknown>): TracesSearch => pick(search, TRACES_PARAMETERS),
});

const trace = createRoute({
  getParentRoute: () => root,
  path: "/trace/$traceId",
  component: TraceRoute,
  validateSearch: (search: Record<string, unknown>): TraceSearch => pick(search, ["span", "tab", "view", "fold", "msg", "tz"]),
});

// What one types or writes in a script.
const traceInTraces = createRoute({
  getParentRoute: () => root,
  path: "/traces/$traceId",
  beforeLoad: ({ params, search }) => { throw redirect({ to: "/trace/$traceId", params, search, replace: true }); },
});

const connect = createRoute({ getParentRoute: () => root, path: "/connect", component: ConnectPage });

const ingest = createRoute({ getParentRoute: () => root, path: "/ingest", component: IngestPage, validateSearch: ingestSearch });

function TraceRoute() {
  const { traceId } = trace.useParams();
  const search = trace.useSearch();
  const navigate = useNavigate();
  return <TracePage traceId={traceId} search={search} onSearch={patch => void navigate({ to: ".", search: before => ({ ...before, ...patch }), replace: true, resetScroll: false })} />;
}

export const router = createRouter({
  routeTree: root.addChildren([index, traces, trace, traceInTraces, connect, ingest]),
  parseSearch,
  stringifySearch,
  defaultPreload: false,
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register { router: typeof router }
}
