package io.tracewell.server.config;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Every key there is. docs/configuration.md lists them; a test holds the two together. */
public final class Settings {
  private Settings() {}

  /** Default of {@link #LISTEN}: where SDKs already send. */
  public static final String DEFAULT_LISTEN =
      "127.0.0.1:8080,127.0.0.1:4317,127.0.0.1:4318,127.0.0.1:8126";

  /** listen. */
  public static final Setting<String> LISTEN =
      new Setting<>(
          "listen",
          "HOST:PORT[,HOST:PORT...]",
          DEFAULT_LISTEN,
          "Addresses to listen on; every one serves everything, the first is printed. A default port that is taken is left out.",
          Settings::text);

  /** data-dir. */
  public static final Setting<Path> DATA_DIR =
      new Setting<>(
          "data-dir",
          "DIR",
          ".tracewell/data",
          "Where spans, spool and metadata are kept; one server a directory.",
          Path::of);

  /** api-key. */
  public static final Setting<List<String>> API_KEY =
      new Setting<>(
          "api-key",
          "KEY[,KEY...]",
          "",
          "Keys that senders and readers must present; needed for any address but loopback.",
          Settings::list);

  /** clickhouse-url. */
  public static final Setting<String> CLICKHOUSE_URL =
      new Setting<>(
          "clickhouse-url",
          "URL",
          "",
          "A ClickHouse server to use instead of the embedded engine, http://HOST:8123 or https://HOST:8443.",
          Settings::url);

  /** clickhouse-user. */
  public static final Setting<String> CLICKHOUSE_USER =
      new Setting<>("clickhouse-user", "NAME", "default", "User there.", Settings::text);

  /** clickhouse-password. */
  public static final Setting<String> CLICKHOUSE_PASSWORD =
      new Setting<>(
          "clickhouse-password",
          "PASSWORD",
          "",
          "Password there; better given in the environment than on the command line.",
          Settings::text);

  /** clickhouse-database. */
  public static final Setting<String> CLICKHOUSE_DATABASE =
      new Setting<>("clickhouse-database", "NAME", "default", "Database there.", Settings::text);

  /** engine-memory. */
  public static final Setting<Long> ENGINE_MEMORY =
      new Setting<>(
          "engine-memory",
          "SIZE",
          "1600MB",
          "Most memory that the embedded engine's queries and merges may take together.",
          Settings::size);

  /** retention-spans-days. */
  public static final Setting<Integer> RETENTION_SPANS_DAYS =
      new Setting<>(
          "retention-spans-days",
          "DAYS",
          "30",
          "How long spans are kept, 1 to 3650 days.",
          text -> integer(text, 1, 3650));

  /** retention-rollups-days. */
  public static final Setting<Integer> RETENTION_ROLLUPS_DAYS =
      new Setting<>(
          "retention-rollups-days",
          "DAYS",
          "460",
          "How long metrics by the minute are kept, 1 to 3650 days.",
          text -> integer(text, 1, 3650));

  /** spool-max. */
  public static final Setting<Long> SPOOL_MAX =
      new Setting<>(
          "spool-max",
          "SIZE",
          "8GB",
          "Most that may wait on disk for the engine; beyond it senders are told to come again.",
          Settings::size);

  /** max-body. */
  public static final Setting<Long> MAX_BODY =
      new Setting<>(
          "max-body", "SIZE", "64MB", "Largest request body as sent (compressed).", Settings::size);

  /** max-decoded-body. */
  public static final Setting<Long> MAX_DECODED_BODY =
      new Setting<>(
          "max-decoded-body",
          "SIZE",
          "256MB",
          "Largest request body after decompression.",
          Settings::size);

  /** prices-file. */
  public static final Setting<Path> PRICES_FILE =
      new Setting<>(
          "prices-file",
          "FILE",
          "",
          "Your own prices, JSON, before those that come with the build; see docs/operations.md.",
          Path::of);

  /** All of them, in the order of the documentation. */
  public static final List<Setting<?>> ALL =
      List.of(
          LISTEN,
          DATA_DIR,
          API_KEY,
          CLICKHOUSE_URL,
          CLICKHOUSE_USER,
          CLICKHOUSE_PASSWORD,
          CLICKHOUSE_DATABASE,
          ENGINE_MEMORY,
          RETENTION_SPANS_DAYS,
          RETENTION_ROLLUPS_DAYS,
          SPOOL_MAX,
          MAX_BODY,
          MAX_DECODED_BODY,
          PRICES_FILE);

  private static final Pattern SIZE = Pattern.compile("(\\d{1,12})\\s*(B|KB|MB|GB|TB)?");

  /** Bytes from {@code 64MB}; decimal units, as figures in the interface. */
  static long size(String text) {
    Matcher matcher = SIZE.matcher(text.strip().toUpperCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException("expected a size such as 64MB or 8GB");
    }
    String unit = matcher.group(2);
    long factor =
        switch (unit == null ? "B" : unit) {
          case "KB" -> 1_000L;
          case "MB" -> 1_000_000L;
          case "GB" -> 1_000_000_000L;
          case "TB" -> 1_000_000_000_000L;
          default -> 1L;
        };
    return Math.multiplyExact(Long.parseLong(matcher.group(1)), factor);
  }

  private static int integer(String text, int least, int most) {
    try {
      int value = Integer.parseInt(text.strip());
      if (value >= least && value <= most) {
        return value;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException("expected a whole number from " + least + " to " + most);
  }

  private static List<String> list(String text) {
    return Arrays.stream(text.split(",")).map(String::strip).filter(s -> !s.isEmpty()).toList();
  }

  private static String url(String text) {
    if (text.isEmpty() || text.startsWith("http://") || text.startsWith("https://")) {
      return text;
    }
    throw new IllegalArgumentException("expected http://HOST:PORT or https://HOST:PORT");
  }

  private static String text(String text) {
    return text;
  }
}
