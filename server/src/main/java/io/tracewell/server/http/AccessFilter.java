package io.tracewell.server.http;

import jakarta.servlet.Filter;
import jakarta.servlet.FilterChain;
import jakarta.servlet.ServletException;
import jakarta.servlet.ServletRequest;
import jakarta.servlet.ServletResponse;
import jakarta.servlet.http.HttpServletRequest;
import jakarta.servlet.http.HttpServletResponse;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Who may come in, for every route of every listener, gRPC included. Without keys only loopback is
 * listened on, and a browser page from elsewhere must not reach it: the Host must name loopback
 * (DNS rebinding) and an Origin, where sent, must be ours. With keys every request but health
 * checks and the pages' own files needs one.
 */
final class AccessFilter implements Filter {
  private static final Set<String> LOOPBACK_NAMES =
      Set.of("localhost", "127.0.0.1", "::1", "[::1]");

  private final List<byte[]> keys;

  AccessFilter(List<String> keys) {
    this.keys = keys.stream().map(key -> key.getBytes(StandardCharsets.UTF_8)).toList();
  }

  boolean keyRequired() {
    return !keys.isEmpty();
  }

  boolean isKey(@Nullable String key) {
    if (key == null) {
      return false;
    }
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    boolean found = false;
    for (byte[] known : keys) {
      found |= MessageDigest.isEqual(known, bytes);
    }
    return found;
  }

  @Override
  public void doFilter(ServletRequest request, ServletResponse response, FilterChain chain)
      throws IOException, ServletException {
    HttpServletRequest http = (HttpServletRequest) request;
    String refusal = refusal(http);
    if (refusal == null) {
      chain.doFilter(request, response);
      return;
    }
    HttpServletResponse answer = (HttpServletResponse) response;
    answer.setStatus(keyRequired() ? 401 : 403);
    answer.setContentType("application/json");
    answer
        .getOutputStream()
        .write(
            Errors.body(keyRequired() ? "key_required" : "forbidden", refusal, null, null)
                .getBytes(StandardCharsets.UTF_8));
  }

  private @Nullable String refusal(HttpServletRequest request) {
    String host = request.getServerName();
    String origin = request.getHeader("Origin");
    if (origin != null && !sameHost(origin, request)) {
      return "Pages of another site may not call this server (Origin and Host differ).";
    }
    if (keyRequired()) {
      if (isOpen(request) || hasKey(request)) {
        return null;
      }
      return "This server needs an API key. Send it as 'Authorization: Bearer KEY', 'X-API-Key: KEY' or"
          + " 'DD-API-KEY: KEY'; OpenTelemetry SDKs take it in"
          + " OTEL_EXPORTER_OTLP_HEADERS=authorization=Bearer%20KEY.";
    }
    if (host == null || !LOOPBACK_NAMES.contains(host.toLowerCase(Locale.ROOT))) {
      return "Without an API key this server answers to localhost and 127.0.0.1 only. Start it with --api-key to use"
          + " another name.";
    }
    return null;
  }

  private boolean hasKey(HttpServletRequest request) {
    String authorization = request.getHeader("Authorization");
    if (authorization != null
        && authorization.regionMatches(true, 0, "Bearer ", 0, 7)
        && isKey(authorization.substring(7).strip())) {
      return true;
    }
    if (authorization != null
        && authorization.regionMatches(true, 0, "Basic ", 0, 6)
        && isBasic(authorization.substring(6).strip())) {
      return true;
    }
    return isKey(request.getHeader("X-API-Key"))
        || isKey(request.getHeader("DD-API-KEY"))
        || isKey(request.getHeader("DD-APPLICATION-KEY"));
  }

  /** Langfuse's SDKs send their public and secret key as name and password: the latter counts. */
  private boolean isBasic(String encoded) {
    try {
      String pair = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
      return isKey(pair.substring(pair.indexOf(':') + 1));
    } catch (IllegalArgumentException e) {
      return false;
    }
  }

  /** Health checks and the pages' own files (they hold no data). */
  private static boolean isOpen(HttpServletRequest request) {
    String path = request.getRequestURI();
    if (path.equals("/healthz") || path.equals("/readyz")) {
      return true;
    }
    // gRPC and every intake route is a POST or PUT; what a GET outside /api finds is the web
    // interface.
    return request.getMethod().equals("GET") && Pages.isPage(path);
  }

  private static boolean sameHost(String origin, HttpServletRequest request) {
    try {
      URI uri = URI.create(origin);
      if (uri.getHost() == null) {
        return false;
      }
      int port = uri.getPort() >= 0 ? uri.getPort() : "https".equals(uri.getScheme()) ? 443 : 80;
      String forwarded = request.getHeader("Host");
      String name = forwarded == null ? request.getServerName() : forwarded;
      return name.equalsIgnoreCase(uri.getHost())
          || name.equalsIgnoreCase(uri.getHost() + ":" + port);
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
