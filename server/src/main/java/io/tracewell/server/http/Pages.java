package io.tracewell.server.http;

import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The web interface: its built files from the class path, and index.html for every page address.
 */
final class Pages implements Routes {
  private static final String ROOT = "/META-INF/tracewell-ui/";
  private static final Map<String, String> TYPES =
      Map.ofEntries(
          Map.entry("html", "text/html; charset=utf-8"),
          Map.entry("js", "text/javascript; charset=utf-8"),
          Map.entry("css", "text/css; charset=utf-8"),
          Map.entry("svg", "image/svg+xml"),
          Map.entry("png", "image/png"),
          Map.entry("ico", "image/x-icon"),
          Map.entry("json", "application/json"),
          Map.entry("map", "application/json"),
          Map.entry("txt", "text/plain; charset=utf-8"),
          Map.entry("woff2", "font/woff2"),
          Map.entry("woff", "font/woff"));

  private final Map<String, byte[]> cache = new ConcurrentHashMap<>();

  /** True where a GET of this path is for a page or one of its files. */
  static boolean isPage(String path) {
    return !path.startsWith("/api/")
        && !path.startsWith("/v")
        && !path.startsWith("/evp_proxy")
        && !path.equals("/info");
  }

  @Override
  public void register(RoutesConfig routes) {
    routes.get("/", ctx -> serve(ctx, "index.html"));
    routes.get(
        "/<path>",
        ctx -> {
          String path = ctx.pathParam("path");
          if (!isPage("/" + path)) {
            throw ApiException.notFound(
                "There is nothing at /" + path + ". The API is described at /api/v1/openapi.yaml.");
          }
          serve(ctx, path);
        });
  }

  private void serve(Context ctx, String path) {
    String file = path;
    byte[] content = path.contains("..") ? null : read(path);
    if (content == null) {
      // A file that is gone must not be answered with a page: scripts of an older build would be
      // parsed as HTML.
      if (path.startsWith("assets/")) {
        throw ApiException.notFound("This file belongs to another version. Reload the page.");
      }
      file = "index.html";
      content = read(file);
      if (content == null) {
        throw ApiException.notFound(
            "The web interface is not built. Run './tracewell up', which builds it.");
      }
    }
    ctx.header("X-Content-Type-Options", "nosniff");
    ctx.header("Referrer-Policy", "no-referrer");
    ctx.header("X-Frame-Options", "DENY");
    ctx.header(
        "Content-Security-Policy",
        "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:;"
            + " object-src 'none'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'");
    ctx.header(
        "Cache-Control",
        file.startsWith("assets/") ? "public, max-age=31536000, immutable" : "no-cache");
    ctx.contentType(
            TYPES.getOrDefault(
                file.substring(file.lastIndexOf('.') + 1), "application/octet-stream"))
        .result(content);
  }

  private byte @Nullable [] read(String path) {
    byte[] known = cache.get(path);
    if (known != null) {
      return known;
    }
    if (path.isEmpty() || path.endsWith("/")) {
      return null;
    }
    try (InputStream in = Pages.class.getResourceAsStream(ROOT + path)) {
      if (in == null) {
        return null;
      }
      byte[] content = in.readAllBytes();
      cache.put(path, content);
      return content;
    } catch (IOException e) {
      return null;
    }
  }
}
