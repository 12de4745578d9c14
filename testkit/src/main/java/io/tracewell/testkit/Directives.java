package io.tracewell.testkit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a prompt, a header or a model's name orders: {@code [[fake status=429 retry-after=2]]}
 * anywhere in the system prompt or the newest message of the user, the header {@code x-fake:
 * status=500}, or a model named {@code fake-429}, {@code fake-500}, {@code fake-timeout}, {@code
 * fake-refuse}.
 *
 * <p>Keys: {@code status}, {@code retry-after} (seconds), {@code times} (fail only so often, then
 * answer), {@code latency} and {@code first-token} (milliseconds), {@code timeout} (flag: answers
 * after ten minutes), {@code text}, {@code reasoning-text}, {@code tool} ({@code name:{json}}, may
 * be given several times), {@code refuse} and {@code truncate} (flags), {@code input}, {@code
 * cached}, {@code cache-write}, {@code cache-write-1h} (part of it), {@code output}, {@code
 * reasoning} (tokens). A value with spaces stands in double quotes, with {@code \"} for a quote in
 * it; JSON needs no quotes.
 */
final class Directives {
  private final Map<String, String> values = new HashMap<>();
  private final List<Ask.ToolCall> tools = new ArrayList<>();

  private Directives() {}

  static Directives of(Ask ask) {
    Directives found = new Directives();
    found.scan(ask.system());
    found.scan(ask.lastUser());
    String header = ask.headers().get("x-fake");
    if (header != null) {
      found.parse(header);
    }
    switch (ask.model()) {
      case "fake-429" -> found.values.put("status", "429");
      case "fake-500" -> found.values.put("status", "500");
      case "fake-timeout" -> found.values.put("timeout", "");
      case "fake-refuse" -> found.values.put("refuse", "");
      default -> {}
    }
    return found;
  }

  boolean isEmpty() {
    return values.isEmpty() && tools.isEmpty();
  }

  boolean has(String key) {
    return values.containsKey(key);
  }

  @Nullable String get(String key) {
    return values.get(key);
  }

  int number(String key, int otherwise) {
    String value = values.get(key);
    try {
      return value == null ? otherwise : Integer.parseInt(value);
    } catch (NumberFormatException e) {
      return otherwise;
    }
  }

  @Nullable Duration millis(String key) {
    return has(key) ? Duration.ofMillis(number(key, 0)) : null;
  }

  List<Ask.ToolCall> tools() {
    return tools;
  }

  private void scan(String text) {
    int at = 0;
    while ((at = text.indexOf("[[fake", at)) >= 0) {
      int end = text.indexOf("]]", at);
      if (end < 0) {
        return;
      }
      parse(text.substring(at + 6, end));
      at = end;
    }
  }

  private void parse(String text) {
    int at = 0;
    while (at < text.length()) {
      if (Character.isWhitespace(text.charAt(at))) {
        at++;
        continue;
      }
      int start = at;
      while (at < text.length()
          && text.charAt(at) != '='
          && !Character.isWhitespace(text.charAt(at))) {
        at++;
      }
      String key = text.substring(start, at);
      String value = "";
      if (at < text.length() && text.charAt(at) == '=') {
        int from = ++at;
        if (at < text.length() && text.charAt(at) == '"') {
          StringBuilder quoted = new StringBuilder();
          for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
            if (text.charAt(at) == '\\' && at + 1 < text.length()) {
              at++;
            }
            quoted.append(text.charAt(at));
          }
          at++;
          value = quoted.toString();
        } else {
          int depth = 0;
          for (; at < text.length(); at++) {
            char c = text.charAt(at);
            depth += c == '{' ? 1 : c == '}' ? -1 : 0;
            if (depth == 0 && Character.isWhitespace(c)) {
              break;
            }
          }
          value = text.substring(from, at);
        }
      }
      if (key.equals("tool")) {
        int colon = value.indexOf(':');
        tools.add(
            colon < 0
                ? new Ask.ToolCall(value, "{}")
                : new Ask.ToolCall(value.substring(0, colon), value.substring(colon + 1)));
      } else {
        values.put(key, value);
      }
    }
  }
}
