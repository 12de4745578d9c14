package io.tracewell.server.normalise;

import java.util.HashMap;
import java.util.Map;

/**
 * OpenTelemetry's general attributes that matter to LLM work: sessions, users, errors, databases,
 * MCP. They do not show by themselves that a span is LLM work.
 */
final class OtelCommon implements Convention {
  private final Map<String, Key> keys = new HashMap<>();

  OtelCommon() {
    say(Field.SESSION, -1, false, "session.id");
    say(Field.USER, 0, false, "user.id");
    say(Field.USER, 1, false, "enduser.id");
    say(Field.ERROR_TYPE, 0, false, "error.type");
    say(Field.ERROR_MESSAGE, 0, false, "error.message");
    say(Field.ERROR_TYPE, 1, false, "exception.type");
    say(Field.ERROR_MESSAGE, 1, false, "exception.message");
    say(Field.ERROR_STACK, 1, false, "exception.stacktrace");
    say(Field.TAGS, 0, false, "tags");
    say(Field.MCP_METHOD, 0, true, "mcp.method.name");
    say(Field.DB_SYSTEM, 0, true, "db.system.name");
    say(Field.DB_SYSTEM, 1, true, "db.system");
    say(Field.DB_OPERATION, 0, true, "db.operation.name");
    say(Field.DB_OPERATION, 1, true, "db.operation");
    say(Field.SERVER_ADDRESS, 0, true, "server.address");
    // Credentials: what a reader would want of these headers is elsewhere.
    for (String header :
        new String[] {
          "authorization",
          "proxy-authorization",
          "cookie",
          "set-cookie",
          "x-api-key",
          "api-key",
          "x-goog-api-key",
          "x-auth-token",
          "x-amz-security-token"
        }) {
      say(Field.HEADER, 0, false, "http.request.header." + header);
      say(Field.HEADER, 0, false, "http.response.header." + header);
    }
    say(Field.HEADER, 0, false, "llm.headers");
  }

  private void say(Field field, int rank, boolean keep, String name) {
    keys.put(name, new Key(field, rank, false, keep, ""));
  }

  @Override
  public String name() {
    return "otel";
  }

  @Override
  public Map<String, Key> keys() {
    return keys;
  }

  @Override
  public Map<String, Key> prefixes() {
    return Map.of();
  }

  @Override
  public boolean speaks(String scopeName) {
    return false;
  }
}
