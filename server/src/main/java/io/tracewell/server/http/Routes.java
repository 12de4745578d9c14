package io.tracewell.server.http;

import io.javalin.config.RoutesConfig;

/** A group of routes. Every listener serves every group; App lists them. */
public interface Routes {
  /** Adds the routes; called once, before the server starts. */
  void register(RoutesConfig routes);
}
