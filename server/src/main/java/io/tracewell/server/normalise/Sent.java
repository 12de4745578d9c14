package io.tracewell.server.normalise;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What OTLP carries, decoded and not yet understood. Protobuf and JSON end here. */
public final class Sent {
  private Sent() {}

  /** A resource with what is derived from it once for all its spans. */
  public static final class Resource {
    final String json;
    final String application;
    final String service;
    final String serviceVersion;
    final String environment;
    final String host;
    final String sdk;

    /** A resource. */
    public Resource(Attributes attributes, String schemaUrl) {
      StringBuilder out = new StringBuilder(256).append("{");
      if (!attributes.isEmpty()) {
        JsonText.name(out, "attributes");
        JsonText.map(out, attributes);
      }
      JsonText.field(out, "schemaUrl", schemaUrl);
      json = out.append('}').toString();
      service = attributes.text("service.name");
      String app = attributes.text("ml_app");
      if (app.isEmpty()) {
        app = attributes.text("openinference.project.name");
      }
      application = !app.isEmpty() ? app : !service.isEmpty() ? service : "unknown";
      String version = attributes.text("service.version");
      serviceVersion = version.isEmpty() ? attributes.text("langfuse.release") : version;
      String env = attributes.text("deployment.environment.name");
      if (env.isEmpty()) {
        env = attributes.text("deployment.environment");
      }
      if (env.isEmpty()) {
        env = attributes.text("langfuse.environment");
      }
      environment = env.isEmpty() ? attributes.text("env") : env;
      host = attributes.text("host.name");
      sdk =
          (attributes.text("telemetry.sdk.language")
                  + " "
                  + attributes.text("telemetry.sdk.version"))
              .strip();
    }

    /** The application its spans and logs belong to. */
    public String application() {
      return application;
    }
  }

  /** An instrumentation scope. */
  public static final class Scope {
    /** Where none was sent. */
    public static final Scope NONE = new Scope("", "", Attributes.NONE, "");

    final String json;
    final String name;
    final String version;
    final String title;
    final Conventions.OfScope tells;

    /** A scope. */
    public Scope(String name, String version, Attributes attributes, String schemaUrl) {
      this.name = name;
      this.version = version;
      this.title = (name + " " + version).strip();
      this.tells = Conventions.ofScope(name);
      StringBuilder out = new StringBuilder(64).append('{');
      JsonText.field(out, "name", name);
      JsonText.field(out, "version", version);
      if (!attributes.isEmpty()) {
        JsonText.name(out, "attributes");
        JsonText.map(out, attributes);
      }
      JsonText.field(out, "schemaUrl", schemaUrl);
      json = out.append('}').toString();
    }
  }

  /** An event of a span. */
  public record Event(long timeNanos, String name, Attributes attributes, int dropped) {}

  /** A link of a span; ids as hex. */
  public record Link(
      String traceId, String spanId, String traceState, Attributes attributes, int dropped) {}

  /** A span; fields are set by the decoder. */
  public static final class Span {
    public String traceId = "";
    public String spanId = "";
    public String parentId = "";
    public String traceState = "";
    public String name = "";

    /** OTLP's SpanKind number. */
    public int kind;

    public long flags;
    public long startNanos;
    public long endNanos;

    /** 0 unset, 1 ok, 2 error. */
    public int statusCode;

    public String statusMessage = "";
    public Attributes attributes = Attributes.NONE;
    public List<Event> events = List.of();
    public List<Link> links = List.of();
    public int droppedAttributes;
    public int droppedEvents;
    public int droppedLinks;
    public int sizeBytes;

    /** What the decoder had to mend: {@code code: sentence}. */
    public final List<String> warnings = new ArrayList<>(0);
  }

  /** A log record; ids as hex, empty where none was sent. */
  public record Log(
      Scope scope,
      long timeNanos,
      String eventName,
      String traceId,
      String spanId,
      @Nullable Object body,
      Attributes attributes) {}
}
