package io.tracewell.engine;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * HTTP/1.1 on loopback: one platform thread a connection, because the engine's calls block
 * natively. The JDK's own server is not used because it cannot tell that a client went away while
 * its query runs.
 */
final class HttpListener implements AutoCloseable {
  private static final int MOST_CONNECTIONS = 256;
  private static final int MOST_HEAD = 2 << 20;
  private static final int IDLE_MILLIS = 600_000;

  private final ServerSocket socket;
  private final Handler handler;
  private final Set<Exchange> connections = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /** Answers one request. An IOException ends the connection. */
  @FunctionalInterface
  interface Handler {
    void handle(Exchange exchange) throws IOException;
  }

  HttpListener(int port, Handler handler) throws IOException {
    this.handler = handler;
    socket = new ServerSocket();
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 128);
  }

  int port() {
    return socket.getLocalPort();
  }

  void start() {
    Thread.ofPlatform().name("accept").start(this::accept);
  }

  private void accept() {
    while (!closed) {
      try {
        Socket client = socket.accept();
        if (connections.size() >= MOST_CONNECTIONS) {
          client.close();
          continue;
        }
        client.setTcpNoDelay(true);
        Exchange exchange = new Exchange(client);
        connections.add(exchange);
        Thread.ofPlatform().name("http").daemon().start(() -> serve(exchange));
      } catch (IOException e) {
        if (!closed) System.err.println("engine: accept: " + e.getMessage());
      }
    }
  }

  private void serve(Exchange exchange) {
    try {
      while (!closed && exchange.next()) {
        handler.handle(exchange);
        if (!exchange.finish()) break;
      }
    } catch (IOException e) {
      // The client is gone, or speaks no HTTP.
    } finally {
      exchange.close();
      connections.remove(exchange);
    }
  }

  /** Takes no more requests; those under way go on. */
  void stop() {
    closed = true;
    try {
      socket.close();
    } catch (IOException e) {
      System.err.println("engine: close: " + e.getMessage());
    }
  }

  @Override
  public void close() {
    stop();
    for (Exchange exchange : connections) exchange.close();
  }

  /** A connection with its request of the moment. */
  static final class Exchange {
    private final Socket socket;
    private final InputStream raw;
    private final OutputStream out;
    private final byte[] buffer = new byte[1 << 16];
    private int at;
    private int end;

    /**
     * Held by who reads from the socket: the request's own thread, or the one that looks after it.
     */
    private final ReentrantLock reading = new ReentrantLock();

    private String method = "";
    private String path = "";
    private Map<String, String> query = Map.of();
    private Map<String, String> headers = Map.of();
    private InputStream body = InputStream.nullInputStream();
    private volatile boolean bodyRead;
    private boolean keepAlive;
    private boolean answered;
    private boolean broken;

    private Exchange(Socket socket) throws IOException {
      this.socket = socket;
      this.raw = socket.getInputStream();
      this.out = socket.getOutputStream();
    }

    String method() {
      return method;
    }

    String path() {
      return path;
    }

    /** Parameters of the URL, decoded; the last of a name wins. */
    Map<String, String> query() {
      return query;
    }

    @Nullable String header(String lowerCaseName) {
      return headers.get(lowerCaseName);
    }

    InputStream body() {
      return body;
    }

    /** Reads the head of the next request; false at the end of the connection. */
    private boolean next() throws IOException {
      reading.lock();
      try {
        return readHead();
      } finally {
        reading.unlock();
      }
    }

    private boolean readHead() throws IOException {
      socket.setSoTimeout(IDLE_MILLIS);
      int budget = MOST_HEAD;
      String line = line(budget);
      while (line != null && line.isEmpty()) line = line(budget);
      if (line == null) return false;
      budget -= line.length();
      String[] parts = line.split(" ", 3);
      if (parts.length < 3 || !parts[2].startsWith("HTTP/1."))
        throw new IOException("not HTTP/1.1");
      method = parts[0];
      int mark = parts[1].indexOf('?');
      path = mark < 0 ? parts[1] : parts[1].substring(0, mark);
      headers = new HashMap<>();
      while (true) {
        line = line(budget);
        if (line == null) throw new EOFException("the request ends in its head");
        if (line.isEmpty()) break;
        budget -= line.length();
        int colon = line.indexOf(':');
        if (colon <= 0) throw new IOException("not a header");
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
      try {
        query = mark < 0 ? Map.of() : parameters(parts[1].substring(mark + 1));
      } catch (IllegalArgumentException e) {
        throw new IOException("the URL is not encoded as it must be", e);
      }
      keepAlive =
          parts[2].equals("HTTP/1.1") && !"close".equalsIgnoreCase(headers.get("connection"));
      answered = false;
      body = bodyOf();
      if ("100-continue".equalsIgnoreCase(headers.get("expect")))
        out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
      return true;
    }

    private InputStream bodyOf() throws IOException {
      bodyRead = false;
      String transfer = headers.get("transfer-encoding");
      if (transfer != null) {
        if (!transfer.equalsIgnoreCase("chunked"))
          throw new IOException("unknown transfer encoding");
        return new Body(0, true);
      }
      String length = headers.get("content-length");
      if (length == null) {
        bodyRead = true;
        return InputStream.nullInputStream();
      }
      try {
        long size = Long.parseLong(length);
        if (size < 0) throw new IOException("a negative length");
        bodyRead = size == 0;
        return new Body(size, false);
      } catch (NumberFormatException e) {
        throw new IOException("no length", e);
      }
    }

    static Map<String, String> parameters(String encoded) {
      Map<String, String> parameters = new LinkedHashMap<>();
      for (String pair : encoded.split("&")) {
        if (pair.isEmpty()) continue;
        int is = pair.indexOf('=');
        String name = is < 0 ? pair : pair.substring(0, is);
        String value = is < 0 ? "" : pair.substring(is + 1);
        parameters.put(
            URLDecoder.decode(name, StandardCharsets.UTF_8),
            URLDecoder.decode(value, StandardCharsets.UTF_8));
      }
      return parameters;
    }

    /**
     * Sends the head and returns the stream of the body. {@code length} -1 sends chunks; a body
     * that is not closed is seen as broken off by the client.
     */
    OutputStream respond(int status, Map<String, String> headers, long length) throws IOException {
      answered = true;
      StringBuilder head = new StringBuilder(256);
      head.append("HTTP/1.1 ").append(status).append(status < 400 ? " OK\r\n" : " Error\r\n");
      headers.forEach((name, value) -> head.append(name).append(": ").append(value).append("\r\n"));
      if (length >= 0) head.append("Content-Length: ").append(length).append("\r\n");
      else head.append("Transfer-Encoding: chunked\r\n");
      if (!keepAlive || !bodyRead && !(body instanceof Body rest && rest.smallRest()))
        keepAlive = false;
      head.append(keepAlive ? "Connection: Keep-Alive\r\n" : "Connection: Close\r\n")
          .append("\r\n");
      write(head.toString().getBytes(StandardCharsets.ISO_8859_1), 0, head.length());
      broken = length != 0;
      return new Reply(length < 0, length);
    }

    private void write(byte[] bytes, int from, int length) throws IOException {
      out.write(bytes, from, length);
    }

    /**
     * True where the client has closed the connection. To be called while its request is handled.
     */
    boolean gone() {
      // Not free: the request has ended and the next one is awaited.
      if (!bodyRead || !reading.tryLock()) return false;
      try {
        return peek();
      } finally {
        reading.unlock();
      }
    }

    private boolean peek() {
      if (end - at >= buffer.length / 2) return false;
      try {
        if (at > 0) {
          System.arraycopy(buffer, at, buffer, 0, end - at);
          end -= at;
          at = 0;
        }
        socket.setSoTimeout(1);
        int count = raw.read(buffer, end, buffer.length - end);
        if (count < 0) return true;
        end += count;
        return false;
      } catch (SocketTimeoutException e) {
        return false;
      } catch (IOException e) {
        return true;
      }
    }

    /** Ends the request; false where the connection must be closed. */
    private boolean finish() throws IOException {
      if (!answered || broken || !keepAlive) return false;
      byte[] rest = new byte[8192];
      while (!bodyRead) if (body.read(rest) < 0) break;
      return true;
    }

    private void close() {
      try {
        socket.close();
      } catch (IOException e) {
        // It is of no use any more.
      }
    }

    private @Nullable String line(int most) throws IOException {
      StringBuilder line = new StringBuilder(128);
      while (true) {
        if (at == end && !fill()) {
          if (line.isEmpty()) return null;
          throw new EOFException("the request ends in its head");
        }
        int from = at;
        while (at < end && buffer[at] != '\n') at++;
        line.append(new String(buffer, from, at - from, StandardCharsets.ISO_8859_1));
        if (line.length() > most) throw new IOException("the head of the request is too long");
        if (at == end) continue;
        at++;
        if (!line.isEmpty() && line.charAt(line.length() - 1) == '\r')
          line.setLength(line.length() - 1);
        return line.toString();
      }
    }

    private boolean fill() throws IOException {
      at = 0;
      end = 0;
      int count = raw.read(buffer);
      if (count > 0) end = count;
      return count > 0;
    }

    private final class Body extends InputStream {
      private final boolean chunked;
      private long left;
      private boolean begun;

      Body(long length, boolean chunked) {
        this.left = length;
        this.chunked = chunked;
      }

      boolean smallRest() {
        return !chunked && left < 1 << 16;
      }

      @Override
      public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
      }

      @Override
      public int read(byte[] target, int offset, int length) throws IOException {
        if (length == 0) return 0;
        if (bodyRead) return -1;
        if (left == 0 && chunked) chunk();
        if (bodyRead) return -1;
        int count;
        if (at < end) {
          count = (int) Math.min(Math.min(length, end - at), left);
          System.arraycopy(buffer, at, target, offset, count);
          at += count;
        } else {
          count = raw.read(target, offset, (int) Math.min(length, left));
          if (count < 0) throw new EOFException("the request ends in its body");
        }
        left -= count;
        if (left == 0 && !chunked) bodyRead = true;
        return count;
      }

      private void chunk() throws IOException {
        if (begun) line(16);
        begun = true;
        String size = line(1024);
        if (size == null) throw new EOFException("the request ends in its body");
        int extension = size.indexOf(';');
        try {
          left = Long.parseLong(extension < 0 ? size : size.substring(0, extension), 16);
        } catch (NumberFormatException e) {
          throw new IOException("no size of a chunk", e);
        }
        if (left < 0) throw new IOException("a negative chunk");
        if (left > 0) return;
        String trailer = line(8192);
        while (trailer != null && !trailer.isEmpty()) trailer = line(8192);
        bodyRead = true;
      }
    }

    private final class Reply extends OutputStream {
      private final boolean chunked;
      private long left;

      Reply(boolean chunked, long length) {
        this.chunked = chunked;
        this.left = length;
      }

      @Override
      public void write(int value) throws IOException {
        write(new byte[] {(byte) value}, 0, 1);
      }

      @Override
      public void write(byte[] source, int offset, int length) throws IOException {
        if (length == 0) return;
        if (chunked) {
          byte[] head =
              (Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
          // One write for small pieces: two would wait for each other on the wire.
          byte[] all = new byte[head.length + length + 2];
          System.arraycopy(head, 0, all, 0, head.length);
          System.arraycopy(source, offset, all, head.length, length);
          all[all.length - 2] = '\r';
          all[all.length - 1] = '\n';
          Exchange.this.write(all, 0, all.length);
        } else {
          Exchange.this.write(source, offset, length);
          left -= length;
        }
      }

      @Override
      public void close() throws IOException {
        if (!broken) return;
        if (chunked) Exchange.this.write("0\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1), 0, 5);
        broken = !chunked && left != 0;
      }
    }
  }
}
