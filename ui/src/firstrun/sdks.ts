/** How each SDK is pointed at this server. Names of variables and commands are those of the SDKs; only addresses are ours. */
export interface Step { title: "variables" | "program" | "start" | "send" | "install"; note?: string; code: string }
export interface Addresses { origin: string; otlpHttp: string; otlpGrpc: string | null; key: boolean }

export const SDKS = ["OpenTelemetry", "OpenAI + OpenTelemetry", "OpenInference", "OpenLLMetry", "Vercel AI SDK", "Java", "curl"] as const;
export type Sdk = (typeof SDKS)[number];

/** The steps for one SDK; `key` adds the header of a server that wants one. */
export function steps(sdk: Sdk, { otlpHttp, key }: Addresses): Step[] {
  const header = key ? "\nOTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20<your API key>" : "";
  const endpoint = `OTEL_EXPORTER_OTLP_ENDPOINT=${otlpHttp}\nOTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf`;
  switch (sdk) {
    case "OpenTelemetry":
      return [
        { title: "variables", note: "any language", code: `${endpoint}\nOTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true${header}` },
        { title: "start", code: "# Python, no change to the code\nopentelemetry-instrument python app.py" },
      ];
    case "OpenAI + OpenTelemetry":
      return [
        { title: "install", note: "Python", code: "pip install opentelemetry-distro opentelemetry-exporter-otlp opentelemetry-instrumentation-openai-v2" },
        { title: "variables", code: `${endpoint}\nOTEL_LOGS_EXPORTER=otlp\nOTEL_PYTHON_LOGGING_AUTO_INSTRUMENTATION_ENABLED=true\nOTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true${header}` },
        { title: "start", code: "opentelemetry-instrument python app.py" },
      ];
    case "OpenInference":
      return [
        { title: "install", note: "Python", code: "pip install openinference-instrumentation-openai opentelemetry-sdk opentelemetry-exporter-otlp-proto-http" },
        { title: "program", code: `from openinference.instrumentation.openai import OpenAIInstrumentor
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor

provider = TracerProvider()
provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter("${otlpHttp}/v1/traces"${key ? ', headers={"authorization": "Bearer <your API key>"}' : ""})))
OpenAIInstrumentor().instrument(tracer_provider=provider)` },
      ];
    case "OpenLLMetry":
      return [
        { title: "install", note: "Python", code: "pip install traceloop-sdk" },
        { title: "variables", code: `TRACELOOP_BASE_URL=${otlpHttp}${key ? "\nTRACELOOP_HEADERS=authorization=Bearer%20<your API key>" : ""}` },
        { title: "program", code: 'from traceloop.sdk import Traceloop\n\nTraceloop.init(app_name="my-first-app")' },
      ];
    case "Vercel AI SDK":
      return [
        { title: "variables", code: `${endpoint}${header}` },
        { title: "program", note: "Node", code: 'import { generateText } from "ai";\nimport { NodeSDK } from "@opentelemetry/sdk-node";\n\nnew NodeSDK().start(); // first, before anything else is imported\n\nawait generateText({\n  model, prompt,\n  experimental_telemetry: { isEnabled: true, functionId: "answer_question" },\n});' },
      ];
    case "Java":
      return [
        { title: "variables", note: "OpenAI Java SDK and AWS Bedrock, by the OpenTelemetry Java agent", code: `${endpoint}\nOTEL_SERVICE_NAME=my-first-app\nOTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true${header}` },
        { title: "start", code: "java -javaagent:opentelemetry-javaagent.jar -jar app.jar" },
      ];
    case "curl":
      return [{ title: "send", note: "one span over OTLP/HTTP as JSON", code: curl(otlpHttp, key) }];
  }
}

function curl(otlpHttp: string, key: boolean): string {
  return `now=$(date +%s)
curl ${otlpHttp}/v1/traces -H 'Content-Type: application/json'${key ? " -H 'Authorization: Bearer <your API key>'" : ""} -d '{
  "resourceSpans": [{
    "resource": {"attributes": [{"key": "service.name", "value": {"stringValue": "my-first-app"}}]},
    "scopeSpans": [{"spans": [{
      "traceId": "'$(od -An -N16 -tx1 /dev/urandom | tr -d ' \\n')'", "spanId": "'$(od -An -N8 -tx1 /dev/urandom | tr -d ' \\n')'",
      "name": "chat gpt-4.1-mini", "kind": 3,
      "startTimeUnixNano": "'$((now - 2))'000000000", "endTimeUnixNano": "'$now'000000000",
      "attributes": [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.provider.name", "value": {"stringValue": "openai"}},
        {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-4.1-mini"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "24"}},
        {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "9"}},
        {"key": "gen_ai.input.messages", "value": {"stringValue": "[{\\"role\\":\\"user\\",\\"parts\\":[{\\"type\\":\\"text\\",\\"content\\":\\"Hello\\"}]}]"}},
        {"key": "gen_ai.output.messages", "value": {"stringValue": "[{\\"role\\":\\"assistant\\",\\"parts\\":[{\\"type\\":\\"text\\",\\"content\\":\\"Hi. What can I do for you?\\"}],\\"finish_reason\\":\\"stop\\"}]"}}
      ]
    }]}]
  }]
}'`;
}
