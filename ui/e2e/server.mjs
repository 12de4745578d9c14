// Starts a server of its own for the browser tests, as a user starts it, and sends it traces over OTLP.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { chromium } from "playwright-core";

const home = resolve(import.meta.dirname, "../..");

export const browserPath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(p => existsSync(p));

export const noBrowser = browserPath ? false : "no chromium is installed and it could not be installed here";

export async function startServer() {
  const port = await freePort();
  const dataDir = mkdtempSync(join(tmpdir(), "tracewell-e2e-"));
  const process_ = spawn(join(home, "tracewell"), ["up", "--listen", `127.0.0.1:${port}`, "--data-dir", dataDir], {
    env: { ...process.env, TRACEWELL_NO_BUILD: "1" },
    stdio: ["ignore", "inherit", "inherit"],
  });
  const url = `http://127.0.0.1:${port}`;
  const deadline = Date.now() + 90_000;
  for (;;) {
    if (process_.exitCode !== null) throw new Error(`the server ended with ${process_.exitCode}`);
    try {
      if ((await fetch(`${url}/readyz`)).ok) break;
    } catch { /* not listening yet */ }
    if (Date.now() > deadline) throw new Error("the server was not ready in 90 s");
    await new Promise(done => setTimeout(done, 100));
  }
  return {
    url,
    async stop() {
      const ended = new Promise(done => process_.once("exit", done));
      process_.kill("SIGTERM");
      await ended;
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export const startBrowser = () =>
  chromium.launch({
    executablePath: browserPath,
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  });

const attribute = (key, value) => ({ key, value: typeof value === "number" ? { intValue: String(value) } : { stringValue: value } });

const hex = (number, digits) => number.toString(16).padStart(digits, "0");

/** A span for `send`: times are milliseconds after the start of the trace. */
export const span = (trace, id, parent, name, from, to, attributes, error) => ({
  traceId: hex(trace, 32),
  spanId: hex(id, 16),
  parentSpanId: parent ? hex(parent, 16) : "",
  name,
  from,
  to,
  attributes,
  error,
});

export async function send(url, service, spans, startMillis = Date.now() - 5_000) {
  const nanos = ms => `${startMillis + ms}000000`;
  const body = {
    resourceSpans: [
      {
        resource: { attributes: [attribute("service.name", service)] },
        scopeSpans: [
          {
            scope: { name: "e2e" },
            spans: spans.map(s => ({
              traceId: s.traceId,
              spanId: s.spanId,
              parentSpanId: s.parentSpanId,
              name: s.name,
              kind: 1,
              startTimeUnixNano: nanos(s.from),
              endTimeUnixNano: nanos(s.to),
              attributes: Object.entries(s.attributes).map(([key, value]) => attribute(key, value)),
              status: s.error ? { code: 2, message: s.error } : { code: 1 },
            })),
          },
        ],
      },
    ],
  };
  const answer = await fetch(`${url}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${answer.status} ${await answer.text()}`);
  // Acknowledged means durable; it can be read a moment later.
  const deadline = Date.now() + 30_000;
  for (;;) {
    const read = await fetch(`${url}/api/v1/traces/${spans[0].traceId}`);
    if (read.ok && (await read.json()).spans.length >= spans.length) return;
    if (Date.now() > deadline) throw new Error("the trace was not readable after 30 s");
    await new Promise(done => setTimeout(done, 100));
  }
}

/** Sends a body to one of Datadog's routes. */
export async function sendDatadog(url, path, body) {
  const answer = await fetch(`${url}${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  if (answer.status !== 202) throw new Error(`${answer.status} ${await answer.text()}`);
}

export const chat = (question, answer, model = "gpt-4.1-mini") => ({
  "gen_ai.operation.name": "chat",
  "gen_ai.provider.name": "openai",
  "gen_ai.request.model": model,
  "gen_ai.usage.input_tokens": 1200,
  "gen_ai.usage.output_tokens": 300,
  "gen_ai.input.messages": JSON.stringify([{ role: "user", parts: [{ type: "text", content: question }] }]),
  "gen_ai.output.messages": JSON.stringify([{ role: "assistant", parts: [{ type: "text", content: answer }], finish_reason: "stop" }]),
});

async function freePort() {
  return await new Promise((done, failed) => {
    const server = createServer();
    server.once("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}
