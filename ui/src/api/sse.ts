import { authorization, failure } from "./client";

export type StreamState = "connecting" | "open" | "lost";
interface Handlers { onEvent: (name: string, data: string) => void; onState: (state: StreamState, reconnected: boolean) => void }

/** Server-sent events over fetch, since EventSource cannot send the API key; reconnects with back-off. Returns what ends it. */
export function stream(url: string, { onEvent, onState }: Handlers): () => void {
  const stop = new AbortController();
  let opened = false, wait = 500;
  const run = async () => {
    while (!stop.signal.aborted) {
      onState(opened ? "lost" : "connecting", false);
      try {
        const response = await fetch(url, { headers: { Accept: "text/event-stream", ...authorization() }, signal: stop.signal, cache: "no-store" });
        if (!response.ok || !response.body) throw await failure(response);
        onState("open", opened);
        opened = true;
        wait = 500;
        await read(response.body, onEvent);
      } catch {
        if (stop.signal.aborted) return;
      }
      onState("lost", false);
      await new Promise(resolve => setTimeout(resolve, wait));
      wait = Math.min(wait * 2, 15_000);
    }
  };
  void run();
  return () => stop.abort();
}

async function read(body: ReadableStream<Uint8Array>, onEvent: Handlers["onEvent"]): Promise<void> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  const parse = eventParser(onEvent);
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    parse(value);
  }
}

/** Cuts a stream of text into events, wherever the pieces were cut. */
export function eventParser(onEvent: Handlers["onEvent"]): (piece: string) => void {
  let rest = "", name = "", data: string[] = [];
  return piece => {
    rest += piece;
    // A carriage return at the end may be the first half of a line end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop()!;
    for (const line of lines) {
      if (line === "") {
        if (data.length) onEvent(name || "message", data.join("\n"));
        name = "";
        data = [];
      } else if (!line.startsWith(":")) {
        const colon = line.indexOf(":"), field = colon < 0 ? line : line.slice(0, colon), value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (field === "event") name = value;
        else if (field === "data") data.push(value);
      }
    }
  };
}
