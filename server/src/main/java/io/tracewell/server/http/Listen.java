package io.tracewell.server.http;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;

/**
 * An address to listen on.
 *
 * @param host name or address; {@code 0.0.0.0} or {@code ::} for all
 * @param port 0 takes a free one
 */
public record Listen(String host, int port) {
  /**
   * Reads {@code HOST:PORT[,HOST:PORT…]}; an IPv6 address stands in brackets.
   *
   * @throws IllegalArgumentException with what was expected
   */
  public static List<Listen> parse(String text) {
    List<Listen> result = new ArrayList<>();
    for (String part : text.split(",")) {
      String address = part.strip();
      int colon = address.lastIndexOf(':');
      if (colon <= 0) {
        throw new IllegalArgumentException(
            "'" + address + "' is not HOST:PORT, for example 127.0.0.1:8080");
      }
      String host = address.substring(0, colon);
      if (host.startsWith("[") && host.endsWith("]")) {
        host = host.substring(1, host.length() - 1);
      }
      try {
        int port = Integer.parseInt(address.substring(colon + 1));
        if (port < 0 || port > 65_535) {
          throw new NumberFormatException();
        }
        result.add(new Listen(host, port));
      } catch (NumberFormatException e) {
        throw new IllegalArgumentException(
            "'" + address + "' has no port between 0 and 65535 behind its last colon");
      }
    }
    return result;
  }

  /** True where only this machine can connect. An unknown name is not. */
  public boolean isLoopback() {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }

  /** What senders expect behind the port, by the ports' defaults. */
  public String purpose() {
    return switch (port) {
      case 4317 -> "otlp-grpc";
      case 4318 -> "otlp-http";
      case 8126 -> "datadog";
      case 8080 -> "ui";
      default -> "other";
    };
  }

  @Override
  public String toString() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }
}
