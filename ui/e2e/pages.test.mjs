// A real browser on a real server: from the empty first-run page to a span's raw JSON.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { chat, noBrowser, send, sendDatadog, span, startBrowser, startServer } from "./server.mjs";

const options = { skip: noBrowser, timeout: 120_000 };
let server, browser, page;
const failures = [];

before(async () => {
  if (noBrowser) return;
  server = await startServer();
  browser = await startBrowser();
  page = await browser.newPage({ viewport: { width: 1440, height: 900 } });
  page.setDefaultTimeout(30_000);
  page.on("pageerror", error => failures.push(String(error)));
  page.on("dialog", dialog => {
    failures.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

test("the first-run page says how to connect, and becomes the list when the first trace arrives", options, async () => {
  await page.goto(server.url);
  await page.getByText(/OTEL_EXPORTER_OTLP|opentelemetry-instrument/).first().waitFor();
  await send(server.url, "support-bot", [
    span(0xa1, 1, 0, "answer_question", 0, 2_000, { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "answer_question" }),
    span(0xa1, 2, 1, "search_docs", 100, 300, { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": "search_docs" }),
    span(0xa1, 3, 1, "chat", 400, 1_900, chat("Wo steht der Turm? 塔在哪里？ أين البرج؟", "The tower stands in **Paris**.")),
  ]);
  await page.getByText("answer_question").first().waitFor({ timeout: 40_000 });
});

test("the list shows question, answer, tokens and cost, and opens the trace", options, async () => {
  await page.goto(`${server.url}/traces`);
  const row = page.locator("[role=row][data-index]").first();
  await row.waitFor();
  const text = await row.innerText();
  assert.match(text, /塔在哪里/);
  assert.match(text, /1,500/);
  await row.click();
  await page.locator("[role=treegrid] [role=row]").nth(2).waitFor();
  await page.keyboard.press("Escape");
});

test("a trace page shows tree, messages with Markdown, cost and the raw span", options, async () => {
  await page.goto(`${server.url}/trace/${"a1".padStart(32, "0")}?span=${"3".padStart(16, "0")}`);
  await page.getByRole("treegrid").waitFor();
  assert.equal(await page.locator("[role=treegrid] [role=row]").count(), 3);
  await page.locator("strong", { hasText: "Paris" }).first().waitFor();
  await page.getByRole("tab", { name: /raw/i }).click();
  await page.getByText("gen_ai.request.model").first().waitFor();
});

test("the mapping says what became of each attribute, what counted instead, and why a field is empty", options, async () => {
  await send(server.url, "mapped", [
    span(0xd1, 1, 0, "ai.generateText.doGenerate", 0, 500, {
      "ai.operationId": "ai.generateText.doGenerate",
      "ai.model.id": "gpt-4.1-mini",
      "ai.usage.inputTokens": 20,
      "gen_ai.usage.input_tokens": 19,
      "ai.response.text": "Hello.",
      "ai.request.headers.authorization": "Bearer secret",
      "my.own": "kept",
    }),
  ]);
  await page.goto(`${server.url}/trace/${"d1".padStart(32, "0")}?span=${"1".padStart(16, "0")}`);
  await page.getByRole("tab", { name: /mapping/i }).click();
  const table = page.getByRole("table", { name: "What became of each attribute" });
  const line = key => table.getByRole("row").filter({ hasText: key });
  await line("ai.response.text").getByText("output", { exact: true }).waitFor();
  await line("gen_ai.usage.input_tokens").getByText("ai.usage.inputTokens").waitFor();
  await line("my.own").getByText("metadata").waitFor();
  await line("authorization").getByText(/hidden/).waitFor();
  const empty = page.getByRole("table", { name: "What is empty, and why" });
  await empty.getByRole("row").filter({ hasText: "session_id" }).getByText("session.id", { exact: true }).waitFor();

  await page.getByRole("radio", { name: "Not used" }).or(page.getByRole("button", { name: "Not used" })).first().click();
  await line("gen_ai.usage.input_tokens").waitFor();
  assert.equal(await line("my.own").count(), 0);

  await page.getByRole("tab", { name: /raw/i }).click();
  await page.getByText("gen_ai.usage.input_tokens").first().waitFor();
  assert.equal(await page.getByText("Bearer secret").count(), 0);
});

test("everything that Datadog's SDKs send is on the page of the span", options, async () => {
  const now = Date.now() * 1e6 - 60e9, trace = "6a00000000000000aaaaaaaaaaaaaaaa";
  const event = (id, parent, name, kind, more, around = {}) => ({
    trace_id: trace, span_id: id, parent_id: parent, name, start_ns: now + Number(id) * 1e6, duration: 5e8, status: "ok", session_id: "chat-77",
    tags: ["ml_app:parcels", "team:logistics", "env:prod"], ...around, meta: { span: { kind }, ...more },
  });
  await sendDatadog(server.url, "/evp_proxy/v2/api/v2/llmobs", [{ event_type: "span", "_dd.stage": "raw", spans: [
    event("31", "undefined", "router", "agent", {
      input: { value: "Where is parcel 77?" }, output: { value: "In Lyon." },
      metadata: { _dd: { cost_tags: ["team"], agent_manifest: { name: "router", framework: "langgraph", instructions: "Find the parcel.\nSay where it is.", tools: [{ name: "find_parcel", description: "by its number" }], handoffs: ["human_desk"], guardrails: [] } } },
    }, { span_links: [{ trace_id: trace, span_id: "32", attributes: { from: "output", to: "input" } }] }),
    event("32", "31", "lookup", "retrieval", { input: { value: "parcel 77" }, output: { documents: [{ name: "routes", id: "d-1", text: "Parcels to Lyon take two days.", score: 0.91 }] } }),
    event("33", "31", "ask", "llm", {
      model_name: "gpt-4o-mini", model_provider: "openai", intent: "locate a parcel", metadata: { temperature: 0.2, route: "fast-lane" },
      input: { messages: [{ role: "user", content: "Where is parcel 77?" }], prompt: { id: "locate", version: "3", template: "Where is parcel {{number}}?", variables: { number: "77" } } },
      output: { messages: [{ role: "assistant", content: "", tool_calls: [{ name: "find_parcel", arguments: { id: 77 }, tool_id: "c1", type: "function" }] }] },
      tool_definitions: [{ name: "find_parcel", description: "finds a parcel by number", schema: { type: "object", properties: { id: { type: "integer" } } } }],
    }, { metrics: { input_tokens: 120, output_tokens: 30, total_tokens: 150, latency_budget: 1.5 }, collection_errors: ["dropped_io"] }),
  ] }]);
  const judged = (label, more) => ({ join_on: { span: { trace_id: trace, span_id: "33" } }, label, ml_app: "parcels", timestamp_ms: Date.now(), ...more });
  await sendDatadog(server.url, "/api/intake/llm-obs/v2/eval-metric", { data: { type: "evaluation_metric", attributes: { metrics: [
    judged("helpfulness", { metric_type: "score", score_value: 0.8, assessment: "pass", reasoning: "Names the city.", tags: ["judge:gpt"], metadata: { rubric: 2 } }),
    judged("tone", { metric_type: "categorical", categorical_value: "friendly" }),
    judged("grounded", { metric_type: "boolean", boolean_value: false, assessment: "fail" }),
    judged("checks", { metric_type: "json", json_value: { gaps: ["price"] } }),
    judged("toxicity", { metric_type: "score", status: "ERROR", error: { type: "Timeout", message: "judge timed out" } }),
    { event_kind: "feedback", span_id: "33", label: "comment", metric_type: "text", text_value: "Thanks a lot", submitter: { id: "u-42", type: "user" }, ml_app: "parcels", timestamp_ms: Date.now() },
  ] } } });
  for (let i = 0; i < 300; i++) {
    const read = await fetch(`${server.url}/api/v1/traces/${trace}`);
    if (read.ok && (await read.json()).spans.length === 3) break;
    await new Promise(done => setTimeout(done, 100));
  }
  const panel = page.getByRole("tabpanel");
  const tab = name => page.getByRole("tab", { name }).click();
  const shows = async (...texts) => { for (const text of texts) await panel.getByText(text).first().waitFor(); };

  await page.goto(`${server.url}/trace/${trace}?span=33`);
  await page.getByRole("treegrid").waitFor();
  await shows("Where is parcel 77?", "find_parcel");
  await panel.getByRole("region", { name: "Intent" }).getByText("locate a parcel").waitFor();
  await page.getByText(/did not send everything/).first().waitFor();
  await tab(/^Prompt/);
  await shows("locate", "{{number}}", "number");
  await panel.getByText("77", { exact: true }).first().waitFor();
  await tab(/^Tools/);
  await shows("find_parcel", "finds a parcel by number");
  await tab(/^Evaluations/);
  await shows("helpfulness", "0.8", "Names the city.", "friendly", "grounded", "false", "gaps", "judge timed out", "Thanks a lot", "u-42");
  await panel.getByRole("region", { name: "Feedback" }).getByText("comment").waitFor();
  assert.equal(await panel.getByRole("region", { name: "Evaluations" }).getByRole("listitem").count(), 5);
  await tab(/^Metadata/);
  await shows("team:logistics", "fast-lane", "temperature", "chat-77", "latency_budget");

  await page.goto(`${server.url}/trace/${trace}?span=31`);
  await tab(/^Metadata/);
  const manifest = panel.getByRole("region", { name: "Agent manifest" });
  for (const said of ["Framework", "langgraph", "Instructions", /Say where it is/, "find_parcel", "by its number", "Hands over to", "human_desk"]) await manifest.getByText(said).first().waitFor();
  assert.equal(await manifest.getByText("Guardrails").count(), 0);
  await shows("cost_tags", /from/, trace);
  await page.goto(`${server.url}/trace/${trace}?span=32`);
  await tab(/^Documents/);
  await shows("routes", "Parcels to Lyon take two days.", "0.91");
  assert.deepEqual(failures, []);
});

test("what looks like HTML or a script in prompts and Markdown stays text", options, async () => {
  const attack = '<img src=x onerror="alert(1)"><script>alert(2)</script>[x](javascript:alert(3)) <b>bold</b>';
  await send(server.url, "<script>alert(4)</script>", [span(0xb1, 1, 0, attack, 0, 500, chat(attack, attack))]);
  // The address that one would guess leads there too.
  await page.goto(`${server.url}/traces/${"b1".padStart(32, "0")}`);
  await page.waitForURL(`**/trace/${"b1".padStart(32, "0")}`);
  await page.getByText("onerror").first().waitFor();
  await page.goto(`${server.url}/traces`);
  await page.getByText("onerror").first().waitFor();
  assert.equal(await page.locator("img[src=x]").count(), 0);
  assert.equal(await page.locator('a[href^="javascript"]').count(), 0);
  assert.deepEqual(failures, []);
});

test("a trace of 5,000 spans opens, keeps few rows in the page and scrolls to its end", options, async () => {
  const spans = [span(0xc1, 1, 0, "big_agent", 0, 60_000, { "gen_ai.operation.name": "invoke_agent", "gen_ai.agent.name": "big_agent" })];
  for (let i = 2; i <= 5_000; i++) {
    spans.push(span(0xc1, i, 1, `step_${i}_${i % 7}`, i * 10, i * 10 + 8, { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": `step_${i}` }));
  }
  await send(server.url, "large", spans, Date.now() - 90_000);
  await page.goto(`${server.url}/trace/${"c1".padStart(32, "0")}`);
  const tree = page.getByRole("treegrid");
  await tree.waitFor();
  await page.locator("[role=treegrid] [role=row]").nth(5).waitFor();
  assert.ok((await page.locator("[role=treegrid] [role=row]").count()) < 200, "rows are virtual");
  await tree.focus();
  await page.keyboard.press("End");
  await page.getByText("step_5000").first().waitFor();
});

test("both themes are there", options, async () => {
  for (const scheme of ["dark", "light"]) {
    await page.emulateMedia({ colorScheme: scheme });
    await page.goto(`${server.url}/traces`);
    await page.locator("[role=row][data-index]").first().waitFor();
    const [red, green, blue] = await page.evaluate(() => {
      const canvas = document.createElement("canvas").getContext("2d");
      canvas.fillStyle = getComputedStyle(document.body).backgroundColor;
      canvas.fillRect(0, 0, 1, 1);
      return [...canvas.getImageData(0, 0, 1, 1).data];
    });
    const light = (red + green + blue) / 3;
    assert.ok(scheme === "dark" ? light < 80 : light > 180, `${scheme}: ${red} ${green} ${blue}`);
  }
});

test("ingest health says who sends what, what was mended, what was refused and which models have no price", options, async () => {
  await send(server.url, "health-check", [span(0xe1, 1, 0, "chat", 0, 500, { ...chat("q", "a", "model-without-a-price"), "gen_ai.usage.input_tokens": -5 })]);
  await fetch(`${server.url}/v1/traces`, { method: "POST", headers: { "content-type": "application/json" }, body: "{ no json" });
  await page.goto(`${server.url}/traces`);
  await page.getByRole("link", { name: "Intake" }).click();
  const rows = name => page.getByRole("table", { name, exact: true }).getByRole("row");
  await rows("Sources").filter({ hasText: "health-check" }).filter({ hasText: "otlp-http-json" }).waitFor();
  await rows("Sources").filter({ hasText: "negative_tokens: 1 span" }).first().waitFor();
  await rows("Refused").filter({ hasText: "400" }).filter({ hasText: "/v1/traces" }).first().waitFor();
  await rows("Models without a price").filter({ hasText: "model-without-a-price" }).waitFor();
  await page.getByRole("radio", { name: "hour" }).or(page.getByRole("button", { name: "hour" })).first().click();
  await page.waitForURL(/range=1h/);
  await rows("Sources").filter({ hasText: "health-check" }).first().waitFor();
});

test("the mapping of a span of 3,000 attributes draws what is seen", options, async () => {
  const many = Object.fromEntries(Array.from({ length: 3_000 }, (_, i) => [`my.key.${String(i).padStart(4, "0")}`, i]));
  await send(server.url, "mapped", [span(0xd2, 1, 0, "many", 0, 500, { ...many, "gen_ai.operation.name": "chat" })]);
  await page.goto(`${server.url}/trace/${"d2".padStart(32, "0")}?span=${"1".padStart(16, "0")}&tab=mapping`);
  const table = page.getByRole("table", { name: "What became of each attribute" });
  await table.getByText("my.key.0000").waitFor();
  assert.ok(await table.getByRole("row").count() < 200);
  await table.getByRole("rowgroup").evaluate(box => box.scrollTo(0, box.scrollHeight));
  await table.getByText("my.key.2999").waitFor();
});
