import type { paths } from "./schema";
import { t } from "../i18n";
import { apiKey, askForKey } from "./key";

/** Why a request failed, in words that tell what to do. */
export class ApiError extends Error {
  constructor(
    /** HTTP status; 0 where the server did not answer. */
    readonly status: number,
    readonly code: string,
    message: string,
    /** Offset in `q` where the error lies. */
    readonly position: number | null = null,
    /** `q` as it was probably meant. */
    readonly suggestion: string | null = null,
  ) {
    super(message);
  }
}

type GetPath = { [P in keyof paths]: paths[P] extends { get: { responses: { 200: { content: { "application/json": unknown } } } } } ? P : never }[keyof paths];
type Get<P extends GetPath> = paths[P] extends { get: infer G } ? G : never;
export type Answer<P extends GetPath> = Get<P> extends { responses: { 200: { content: { "application/json": infer A } } } } ? A : never;
type Parameters<P extends GetPath> = Get<P> extends { parameters: infer R } ? R : never;
type Query<P extends GetPath> = Parameters<P> extends { query?: infer Q } ? Q : never;
type PathParameters<P extends GetPath> = Parameters<P> extends { path: infer R } ? R : undefined;
export interface GetOptions<P extends GetPath> {
  query?: Query<P>;
  path?: PathParameters<P>;
  signal?: AbortSignal;
}

const BASE = "/api/v1";
const TIMEOUT_S = 30;

/** The address of an operation with its parameters filled in. */
export function apiUrl(path: string, pathParameters?: object, query?: object): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String((pathParameters as Record<string, unknown>)[name])));
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) if (value !== undefined && value !== null && value !== "") search.set(name, String(value));
  const text = search.toString();
  return BASE + filled + (text ? "?" + text : "");
}

export function authorization(): Record<string, string> {
  const key = apiKey();
  return key ? { Authorization: `Bearer ${key}` } : {};
}

/** Reads one operation of the API. Throws {@link ApiError}; an aborted request throws what `fetch` throws. */
export async function get<P extends GetPath>(path: P, { query, path: pathParameters, signal }: GetOptions<P> = {}): Promise<Answer<P>> {
  const timeout = AbortSignal.timeout(TIMEOUT_S * 1000);
  let response: Response;
  try {
    response = await fetch(apiUrl(path, pathParameters as object | undefined, query as object | undefined), {
      headers: { Accept: "application/json", ...authorization() },
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    });
  } catch (cause) {
    if (signal?.aborted) throw cause;
    if (timeout.aborted) throw new ApiError(0, "timeout", t("error.timeout", { seconds: TIMEOUT_S }));
    throw new ApiError(0, "offline", t("error.offline.title"));
  }
  if (!response.ok) throw await failure(response);
  try {
    return (await response.json()) as Answer<P>;
  } catch (cause) {
    if (signal?.aborted) throw cause;
    throw new ApiError(response.status, "unreadable", t("error.unreadable", { status: response.status }));
  }
}

/** The error that an answer other than 2xx stands for; 401 also opens the page that asks for a key. */
export async function failure(response: Response): Promise<ApiError> {
  if (response.status === 401) askForKey();
  try {
    const { error } = (await response.json()) as { error: { code: string; message: string; position?: number | null; suggestion?: string | null } };
    return new ApiError(response.status, error.code, error.message, error.position ?? null, error.suggestion ?? null);
  } catch {
    return new ApiError(response.status, "unreadable", t("error.unreadable", { status: response.status }));
  }
}
