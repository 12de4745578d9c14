package io.tracewell.engine;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.github.luben.zstd.ZstdInputStream;
import com.github.luben.zstd.ZstdOutputStream;
import io.tracewell.engine.HttpListener.Exchange;
import io.tracewell.engine.Sessions.Session;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.SequenceInputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import java.util.zip.ZipException;
import net.jpountz.lz4.LZ4FrameInputStream;
import net.jpountz.lz4.LZ4FrameOutputStream;
import org.jspecify.annotations.Nullable;

/** ClickHouse's HTTP interface, as far as clients without sessions need it. */
final class Api implements HttpListener.Handler {
  /** A query in the body may have so many bytes; the rows of an INSERT are not counted. */
  private static final int MOST_QUERY = 32 << 20;

  /** Held back before the first byte is sent, so that an error can still be sent in its place. */
  private static final int HELD_BACK = 1 << 20;

  private static final int PIECE = 1 << 18;
  private static final Pattern SETTING = Pattern.compile("[A-Za-z_][A-Za-z0-9_.]*");

  // Parameters of the URL that are no settings. log_comment is what statements are ended by.
  private static final Set<String> NO_SETTINGS =
      Set.of(
          "query",
          "database",
          "default_database",
          "user",
          "password",
          "query_id",
          "compress",
          "decompress",
          "wait_end_of_query",
          "buffer_size",
          "default_format",
          "enable_http_compression",
          "session_id",
          "session_timeout",
          "session_check",
          "close_session",
          "quota_key",
          "role",
          "stacktrace",
          "client_protocol_version",
          "send_progress_in_http_headers",
          "log_comment");

  // Of these formats one piece can follow another as it is.
  private static final Set<String> JOINABLE =
      Set.of(
          "RowBinary",
          "Native",
          "JSONEachRow",
          "JSONLines",
          "NDJSON",
          "JSONCompactEachRow",
          "JSONStringsEachRow",
          "TabSeparated",
          "TSV",
          "TabSeparatedRaw",
          "TSVRaw",
          "CSV",
          "RawBLOB",
          "LineAsString",
          "Null");
  private static final String NAMED = "RowBinaryWithNamesAndTypes";

  private final Sessions sessions;
  private final byte[] user;
  private final byte[] password;
  private final String version;
  private final Map<Exchange, Session> running = new ConcurrentHashMap<>();

  Api(Sessions sessions, String user, String password, String version) {
    this.sessions = sessions;
    this.user = user.getBytes(UTF_8);
    this.password = password.getBytes(UTF_8);
    this.version = version;
  }

  /** Ends the statements of clients that have gone. To be called again and again. */
  void endAbandoned() {
    running.forEach(
        (exchange, session) -> {
          if (exchange.gone()) session.kill();
        });
  }

  @Override
  public void handle(Exchange exchange) throws IOException {
    switch (exchange.path()) {
      case "/ping", "/replicas_status" -> {
        byte[] ok = "Ok.\n".getBytes(UTF_8);
        try (OutputStream out =
            exchange.respond(200, Map.of("Content-Type", "text/html; charset=UTF-8"), ok.length)) {
          out.write(ok);
        }
      }
      case "/" -> statement(exchange);
      default ->
          refuse(
              exchange,
              404,
              "There is no handle " + exchange.path() + ". Use / for queries.\n",
              Map.of());
    }
  }

  private void statement(Exchange exchange) throws IOException {
    String queryId = exchange.query().getOrDefault("query_id", "");
    if (queryId.isEmpty()) queryId = UUID.randomUUID().toString();
    Map<String, String> head = new LinkedHashMap<>();
    head.put("X-ClickHouse-Server-Display-Name", "tracewell-engine");
    head.put("X-ClickHouse-Query-Id", queryId.replaceAll("[^\\x20-\\x7e]", "_"));
    head.put("X-ClickHouse-Timezone", "UTC");
    Answer answer = new Answer(exchange, head);
    try {
      authenticate(exchange);
      Work work = read(exchange);
      try (Session session = sessions.take()) {
        running.put(exchange, session);
        boolean done = false;
        try {
          session.prepare(work.database, work.settings);
          run(session, work, answer);
          done = true;
        } finally {
          running.remove(exchange);
          // The engine lists a statement that failed or was ended, with what it holds, until its
          // connection runs another or is closed.
          if (!done) session.spoil();
        }
      }
    } catch (EngineException e) {
      answer.fail(e);
    }
  }

  private record Work(
      Statement statement,
      String format,
      InputStream rows,
      String database,
      Map<String, String> settings) {}

  private Work read(Exchange exchange) throws EngineException, IOException {
    Map<String, String> query = exchange.query();
    Map<String, String> parameters = new HashMap<>();
    Map<String, String> settings = new HashMap<>();
    query.forEach(
        (name, value) -> {
          if (name.startsWith("param_")) parameters.put(name.substring(6), value);
          else if (!NO_SETTINGS.contains(name)) settings.put(name, value);
        });
    for (String name : settings.keySet())
      if (!SETTING.matcher(name).matches())
        throw new EngineException(
            115,
            "Setting "
                + name
                + " is neither a builtin setting nor started with a custom prefix. (UNKNOWN_SETTING)");
    InputStream body = decoded(exchange);
    Statement statement;
    InputStream rows = InputStream.nullInputStream();
    String inUrl = query.getOrDefault("query", "");
    if (!inUrl.isBlank()) {
      statement = Statement.of(inUrl, parameters);
      if (statement.kind() == Statement.Kind.INSERT)
        rows = new SequenceInputStream(new ByteArrayInputStream(statement.data()), body);
      else {
        byte[] rest = whole(body);
        if (rest.length > 0) statement = Statement.of(join(inUrl, rest), parameters);
      }
    } else {
      byte[] text = whole(body);
      if (text.length == 0)
        throw new EngineException(EngineException.SYNTAX_ERROR, "Empty query. (SYNTAX_ERROR)");
      statement = Statement.of(text, parameters);
      if (statement.kind() == Statement.Kind.INSERT)
        rows = new SequenceInputStream(new ByteArrayInputStream(statement.data()), body);
    }
    String format = statement.format();
    if (format == null) format = query.get("default_format");
    if (format == null) format = exchange.header("x-clickhouse-format");
    if (format == null) format = "TabSeparated";
    if (!SETTING.matcher(format).matches())
      throw new EngineException(73, "Unknown format. (UNKNOWN_FORMAT)");
    String database = query.get("database");
    if (database == null) database = exchange.header("x-clickhouse-database");
    if (database == null || database.isEmpty()) database = "default";
    return new Work(statement, format, rows, database, settings);
  }

  private static byte[] join(String query, byte[] rest) {
    byte[] head = (query + "\n").getBytes(UTF_8);
    byte[] all = Arrays.copyOf(head, head.length + rest.length);
    System.arraycopy(rest, 0, all, head.length, rest.length);
    return all;
  }

  /** The body as text; where it is an INSERT, the rest of the rows stays in the stream. */
  private static byte[] whole(InputStream body) throws EngineException, IOException {
    try {
      byte[] bytes = body.readNBytes(MOST_QUERY);
      if (bytes.length == MOST_QUERY
          && !new String(bytes, 0, 64, ISO_8859_1).strip().regionMatches(true, 0, "INSERT", 0, 6))
        throw new EngineException(
            EngineException.SYNTAX_ERROR,
            "The query is longer than " + MOST_QUERY + " bytes. (SYNTAX_ERROR)");
      return bytes;
    } catch (ZipException e) {
      throw new EngineException(
          EngineException.CANNOT_DECOMPRESS,
          "Cannot decompress: " + e.getMessage() + " (CANNOT_DECOMPRESS)");
    }
  }

  private static InputStream decoded(Exchange exchange) throws EngineException, IOException {
    InputStream body = exchange.body();
    String encoding = exchange.header("content-encoding");
    InputStream plain =
        switch (encoding == null ? "" : encoding) {
          case "", "identity" -> body;
          case "gzip" -> new GZIPInputStream(body, 1 << 16);
          case "zstd" -> new ZstdInputStream(body);
          case "lz4" -> new LZ4FrameInputStream(body);
          default ->
              throw new EngineException(
                  48, "Unknown Content-Encoding; gzip, zstd and lz4 are known. (NOT_IMPLEMENTED)");
        };
    return "1".equals(exchange.query().get("decompress")) ? new Blocks.Input(plain) : plain;
  }

  private void run(Session session, Work work, Answer answer) throws EngineException, IOException {
    Statement statement = work.statement;
    answer.format = work.format;
    switch (statement.kind()) {
      case INSERT -> answer.end(insert(session, work));
      case READ -> {
        if (JOINABLE.contains(work.format)) {
          answer.end(session.connection().stream(statement.sql(), work.format, answer::add));
        } else if (work.format.equals(NAMED)) {
          HeadOnce once = new HeadOnce(answer);
          answer.end(session.connection().stream(statement.sql(), work.format, once));
        } else {
          answer.end(session.connection().query(statement.sql(), work.format, answer::add));
        }
      }
      case SESSION -> {
        session.spoil();
        answer.end(session.connection().query(statement.sql(), work.format, answer::add));
      }
      case OTHER ->
          answer.end(session.connection().query(statement.sql(), work.format, answer::add));
    }
  }

  private static Chdb.Progress insert(Session session, Work work)
      throws EngineException, IOException {
    try (Chdb.Insert insert = session.connection().insert(work.statement.sql(), work.format);
        Arena arena = Arena.ofConfined()) {
      byte[] piece = new byte[PIECE];
      MemorySegment copy = arena.allocate(PIECE);
      while (true) {
        int count;
        try {
          count = work.rows.readNBytes(piece, 0, PIECE);
        } catch (IOException e) {
          // Half of the rows is none of them.
          throw new EngineException(
              EngineException.CANNOT_DECOMPRESS,
              "The body ended early or is damaged. (CANNOT_DECOMPRESS)");
        }
        if (count <= 0) return insert.finish();
        MemorySegment.copy(piece, 0, copy, ValueLayout.JAVA_BYTE, 0, count);
        insert.append(copy.asSlice(0, count));
      }
    }
  }

  /** Drops the names and types that every piece after the first one begins with, too. */
  private static final class HeadOnce implements Chdb.Sink {
    private final Answer answer;
    private byte @Nullable [] head;

    HeadOnce(Answer answer) {
      this.answer = answer;
    }

    @Override
    public void accept(MemorySegment piece) throws IOException {
      byte[] known = head;
      if (known == null) {
        long end = headEnd(piece);
        head = piece.asSlice(0, end).toArray(ValueLayout.JAVA_BYTE);
        answer.add(piece);
      } else if (piece.byteSize() >= known.length
          && piece.asSlice(0, known.length).mismatch(MemorySegment.ofArray(known)) < 0) {
        answer.add(piece.asSlice(known.length));
      } else {
        throw new IOException("a piece of the result has another head");
      }
    }

    private static long headEnd(MemorySegment piece) {
      long[] at = {0};
      long columns = number(piece, at);
      for (long i = 0; i < 2 * columns; i++) {
        long length = number(piece, at);
        at[0] += length;
      }
      return at[0];
    }

    private static long number(MemorySegment piece, long[] at) {
      long value = 0;
      for (int shift = 0; ; shift += 7) {
        byte b = piece.get(ValueLayout.JAVA_BYTE, at[0]++);
        value |= (long) (b & 0x7f) << shift;
        if (b >= 0) return value;
      }
    }
  }

  private void authenticate(Exchange exchange) throws EngineException {
    String givenUser = exchange.header("x-clickhouse-user");
    String givenPassword = exchange.header("x-clickhouse-key");
    String basic = exchange.header("authorization");
    if (basic != null && basic.regionMatches(true, 0, "Basic ", 0, 6)) {
      try {
        String pair = new String(Base64.getDecoder().decode(basic.substring(6).strip()), UTF_8);
        int colon = pair.indexOf(':');
        if (colon >= 0) {
          givenUser = pair.substring(0, colon);
          givenPassword = pair.substring(colon + 1);
        }
      } catch (IllegalArgumentException e) {
        givenUser = "";
      }
    }
    if (givenUser == null) givenUser = exchange.query().getOrDefault("user", "default");
    if (givenPassword == null) givenPassword = exchange.query().getOrDefault("password", "");
    boolean same =
        MessageDigest.isEqual(user, givenUser.getBytes(UTF_8))
            & MessageDigest.isEqual(password, givenPassword.getBytes(UTF_8));
    if (!same)
      throw new EngineException(
          EngineException.AUTHENTICATION_FAILED,
          "Authentication failed: password is incorrect, or there is no user with such name."
              + " (AUTHENTICATION_FAILED)");
  }

  private static void refuse(
      Exchange exchange, int status, String text, Map<String, String> headers) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    Map<String, String> all = new LinkedHashMap<>(headers);
    all.put("Content-Type", "text/plain; charset=UTF-8");
    try (OutputStream out = exchange.respond(status, all, bytes.length)) {
      out.write(bytes);
    }
  }

  /** Status by error code, as ClickHouse chooses it where that is known. */
  private static int status(int code) {
    return switch (code) {
      case 516, 192, 193, 194 -> 403;
      case 60, 81, 16, 47, 46, 50, 73, 34, 141, 115 -> 404;
      case 3, 6, 27, 26, 33, 36, 38, 41, 43, 53, 62, 69, 70, 72, 117, 130, 271, 386, 456, 457 ->
          400;
      case 48 -> 501;
      case 159 -> 408;
      case 202 -> 503;
      default -> 500;
    };
  }

  /** What goes back: held back at first, then in chunks as it comes. */
  private final class Answer {
    private final Exchange exchange;
    private final Map<String, String> head;
    private final byte[] piece = new byte[PIECE];
    private byte[] held = new byte[4096];
    private int heldCount;
    private @Nullable OutputStream out;
    private String format = "";

    Answer(Exchange exchange, Map<String, String> head) {
      this.exchange = exchange;
      this.head = head;
    }

    void add(MemorySegment bytes) throws IOException {
      long size = bytes.byteSize();
      if (out == null && heldCount + size <= HELD_BACK) {
        if (held.length < heldCount + size)
          held = Arrays.copyOf(held, Math.max(2 * held.length, (int) (heldCount + size)));
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, 0, held, heldCount, (int) size);
        heldCount += (int) size;
        return;
      }
      OutputStream to = out == null ? begin(Chdb.Progress.NONE, false) : out;
      for (long at = 0; at < size; ) {
        int count = (int) Math.min(piece.length, size - at);
        MemorySegment.copy(bytes, ValueLayout.JAVA_BYTE, at, piece, 0, count);
        to.write(piece, 0, count);
        at += count;
      }
    }

    private OutputStream begin(Chdb.Progress progress, boolean whole) throws IOException {
      head.put("Content-Type", contentType(format));
      head.put("X-ClickHouse-Format", format);
      head.put("X-ClickHouse-Summary", summary(progress));
      Map<String, String> query = exchange.query();
      boolean blocks = "1".equals(query.get("compress"));
      String accepted = exchange.header("accept-encoding");
      String encoding = "";
      if (!blocks && accepted != null && "1".equals(query.get("enable_http_compression"))) {
        for (String known : new String[] {"lz4", "zstd", "gzip"})
          if (encoding.isEmpty() && accepted.contains(known)) encoding = known;
      }
      if (!encoding.isEmpty()) head.put("Content-Encoding", encoding);
      boolean plain = !blocks && encoding.isEmpty();
      OutputStream to = exchange.respond(200, head, plain && whole ? heldCount : -1);
      if (blocks) to = new Blocks.Output(to);
      to =
          switch (encoding) {
            case "lz4" -> new LZ4FrameOutputStream(to);
            case "zstd" -> new ZstdOutputStream(to);
            case "gzip" -> new GZIPOutputStream(to, 1 << 16);
            default -> to;
          };
      out = to;
      to.write(held, 0, heldCount);
      return to;
    }

    void end(Chdb.Progress progress) throws IOException {
      OutputStream to = out;
      if (to == null) to = begin(progress, true);
      to.close();
    }

    void fail(EngineException e) throws IOException {
      // The status has gone out: what is left is to break off, which every client sees.
      if (out != null) throw new IOException("the query failed after its first rows", e);
      Map<String, String> all = new LinkedHashMap<>(head);
      all.put("X-ClickHouse-Exception-Code", Integer.toString(e.code()));
      refuse(exchange, status(e.code()), e.text() + " (version " + version + ")\n", all);
    }

    private static String summary(Chdb.Progress progress) {
      return "{\"read_rows\":\""
          + progress.readRows()
          + "\",\"read_bytes\":\""
          + progress.readBytes()
          + "\",\"written_rows\":\""
          + progress.writtenRows()
          + "\",\"written_bytes\":\""
          + progress.writtenBytes()
          + "\",\"total_rows_to_read\":\"0\",\"result_rows\":\"0\",\"result_bytes\":\"0\",\"elapsed_ns\":\"0\"}";
    }
  }

  private static String contentType(String format) {
    if (format.startsWith("JSON") && !format.contains("EachRow"))
      return "application/json; charset=UTF-8";
    if (format.contains("EachRow") || format.equals("NDJSON"))
      return "application/x-ndjson; charset=UTF-8";
    if (format.startsWith("CSV")) return "text/csv; charset=UTF-8";
    if (format.startsWith("T")) return "text/tab-separated-values; charset=UTF-8";
    return "application/octet-stream";
  }
}
