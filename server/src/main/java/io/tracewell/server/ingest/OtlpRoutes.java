package io.tracewell.server.ingest;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.tracewell.core.OverloadedException;
import io.tracewell.server.http.ApiException;
import io.tracewell.server.http.IngestLog;
import io.tracewell.server.http.Routes;
import io.tracewell.server.ingest.Bodies.Refused;
import io.tracewell.server.ingest.OtlpIntake.Signal;
import io.tracewell.server.ingest.ProtoReader.Malformed;
import io.tracewell.server.ingest.Taking.Result;
import io.tracewell.server.normalise.JsonText;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * OTLP over HTTP: {@code /v1/traces} and {@code /v1/logs}, protobuf and JSON; {@code /v1/metrics}
 * is taken and dropped so that SDKs that send everything to one place stay quiet. Where an SDK has
 * a prefix of its own before them, it is served too: such SDKs let one change the host only.
 */
public final class OtlpRoutes implements Routes {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String JSON = "application/json";

  /** None; Langfuse's; LangSmith's. */
  private static final List<String> PREFIXES = List.of("", "/api/public/otel", "/otel");

  private final OtlpIntake intake;
  private final Bodies bodies;
  private final IngestLog log;

  OtlpRoutes(OtlpIntake intake, Bodies bodies, IngestLog log) {
    this.intake = intake;
    this.bodies = bodies;
    this.log = log;
  }

  @Override
  public void register(RoutesConfig routes) {
    for (String prefix : PREFIXES) {
      for (Signal signal : Signal.values()) {
        routes.post(prefix + path(signal), ctx -> take(ctx, signal));
      }
    }
    // OpenLLMetry uploads the images of its messages beside the spans, which is no OTLP.
    routes.post("/v2/traces/{trace_id}/spans/{span_id}/images", this::drop);
  }

  private void drop(Context ctx) throws IOException {
    bodies.drain(ctx.req().getInputStream());
    ctx.contentType(JSON).result("{}");
  }

  private void take(Context ctx, Signal signal) throws IOException {
    String type = mediaType(ctx.header("Content-Type"));
    boolean json = type.equals(JSON);
    if (!json && !type.equals(PROTOBUF) && !type.equals("application/protobuf")) {
      String reason =
          "The Content-Type is not one that OTLP has. Send application/x-protobuf or"
              + " application/json.";
      bodies.drain(ctx.req().getInputStream());
      log.record(ctx.req().getLocalPort(), "otlp-http", path(signal), 415, 0, 0, 0, reason);
      throw new ApiException(415, "unsupported_media_type", reason);
    }
    String transport = json ? "otlp-http-json" : "otlp-http-protobuf";
    try (Bodies.Body body =
        bodies.read(
            ctx.req().getInputStream(),
            Objects.requireNonNullElse(ctx.header("Content-Encoding"), ""),
            ctx.req().getContentLengthLong())) {
      try {
        Result result = intake.take(signal, body.bytes, body.length, json, transport);
        answer(ctx, signal, json, result);
        log.record(
            ctx.req().getLocalPort(),
            transport,
            path(signal),
            200,
            result.accepted(),
            result.rejected(),
            body.wireBytes,
            result.reason().isEmpty() ? null : result.reason());
      } catch (Malformed e) {
        refuse(
            ctx,
            signal,
            transport,
            body.wireBytes,
            400,
            "The body can't be read as OTLP "
                + (json ? "JSON" : "protobuf")
                + ": "
                + e.getMessage()
                + ".",
            0);
      } catch (OverloadedException e) {
        refuse(
            ctx,
            signal,
            transport,
            body.wireBytes,
            503,
            Objects.requireNonNullElse(e.getMessage(), "There is no room at the moment."),
            e.retryAfterSeconds());
      }
    } catch (Refused e) {
      refuse(
          ctx,
          signal,
          transport,
          Math.max(0, ctx.req().getContentLengthLong()),
          e.status,
          String.valueOf(e.getMessage()),
          e.retryAfterSeconds);
    }
  }

  private static String path(Signal signal) {
    return "/v1/" + signal.name().toLowerCase(Locale.ROOT);
  }

  static String mediaType(@Nullable String header) {
    if (header == null) {
      return "";
    }
    int semicolon = header.indexOf(';');
    return (semicolon < 0 ? header : header.substring(0, semicolon))
        .strip()
        .toLowerCase(Locale.ROOT);
  }

  private static void answer(Context ctx, Signal signal, boolean json, Result result) {
    ctx.status(200).contentType(json ? JSON : PROTOBUF);
    if (json) {
      ctx.result(json(signal, result).getBytes(StandardCharsets.UTF_8));
    } else {
      ctx.result(protobuf(result));
    }
  }

  private static String json(Signal signal, Result result) {
    if (result.rejected() == 0) {
      return "{}";
    }
    StringBuilder out = new StringBuilder("{\"partialSuccess\":{\"");
    out.append(signal == Signal.TRACES ? "rejectedSpans" : "rejectedLogRecords")
        .append("\":\"")
        .append(result.rejected())
        .append("\",\"errorMessage\":");
    JsonText.string(out, result.reason());
    return out.append("}}").toString();
  }

  /** An export response: field 1 is partial_success, with the count in 1 and the reason in 2. */
  static byte[] protobuf(Result result) {
    if (result.rejected() == 0) {
      return new byte[0];
    }
    ByteArrayOutputStream partial = new ByteArrayOutputStream();
    partial.write(1 << 3);
    varint(partial, result.rejected());
    field(partial, 2, result.reason().getBytes(StandardCharsets.UTF_8));
    ByteArrayOutputStream response = new ByteArrayOutputStream();
    field(response, 1, partial.toByteArray());
    return response.toByteArray();
  }

  private static void field(ByteArrayOutputStream out, int number, byte[] bytes) {
    out.write(number << 3 | 2);
    varint(out, bytes.length);
    out.writeBytes(bytes);
  }

  private static void varint(ByteArrayOutputStream out, long value) {
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      out.write((int) (rest & 0x7F | 0x80));
      rest >>>= 7;
    }
    out.write((int) rest);
  }

  /** OTLP asks for a google.rpc.Status in the encoding of the request. */
  private void refuse(
      Context ctx,
      Signal signal,
      String transport,
      long wireBytes,
      int status,
      String message,
      int retryAfterSeconds) {
    log.record(ctx.req().getLocalPort(), transport, path(signal), status, 0, 0, wireBytes, message);
    if (retryAfterSeconds > 0) {
      ctx.header("Retry-After", Integer.toString(retryAfterSeconds));
    }
    if (status == 413 || status == 429) {
      // The rest of the body may not have been read.
      ctx.header("Connection", "close");
    }
    int code =
        switch (status) {
          case 400, 415 -> 3;
          case 413, 429 -> 8;
          default -> 14;
        };
    ctx.status(status);
    if (transport.equals("otlp-http-json")) {
      StringBuilder out = new StringBuilder("{\"code\":").append(code).append(",\"message\":");
      JsonText.string(out, message);
      ctx.contentType(JSON).result(out.append('}').toString());
    } else {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      out.write(1 << 3);
      varint(out, code);
      field(out, 2, message.getBytes(StandardCharsets.UTF_8));
      ctx.contentType(PROTOBUF).result(out.toByteArray());
    }
  }
}
