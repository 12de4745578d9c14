package io.tracewell.server.http;

import io.grpc.BindableService;
import io.grpc.DecompressorRegistry;
import io.grpc.servlet.jakarta.ServletServerBuilder;
import io.javalin.Javalin;
import jakarta.servlet.DispatcherType;
import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.channels.ServerSocketChannel;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.function.Supplier;
import org.eclipse.jetty.ee10.servlet.FilterHolder;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;

/**
 * The listeners. Every listener serves every route: pages, API, intake over HTTP/1.1 and HTTP/2,
 * gRPC.
 */
public final class HttpServer implements AutoCloseable {
  /**
   * @param listeners where to listen; the first is the one that is printed
   * @param skipTaken leave out a port that is taken, and say so, instead of failing
   * @param apiKeys keys that are accepted; none: only loopback may be listened on
   * @param maxBodyBytes body on the wire
   * @param maxGrpcMessageBytes a gRPC message, decoded
   */
  public record Options(
      List<Listen> listeners,
      boolean skipTaken,
      List<String> apiKeys,
      long maxBodyBytes,
      int maxGrpcMessageBytes) {}

  private static final int MAX_HEADER_BYTES = 64 * 1024;
  private static final Duration IDLE_TIMEOUT = Duration.ofSeconds(60);

  private final Javalin javalin;
  private final List<Listen> bound = new ArrayList<>();
  private final List<String> notices = new ArrayList<>();
  private final List<ServerSocketChannel> channels = new ArrayList<>();

  /**
   * Binds the listeners; {@link #start} lets requests in.
   *
   * @param state what the status route tells of the other parts
   * @throws IOException if an address can't be bound, with what to do
   */
  public HttpServer(
      Options options,
      String version,
      Clock clock,
      IngestLog ingestLog,
      Supplier<ServerState> state,
      List<Routes> routes,
      List<BindableService> grpcServices)
      throws IOException {
    for (Listen listen : options.listeners()) {
      if (options.apiKeys().isEmpty() && !listen.isLoopback()) {
        closeChannels();
        throw new IOException(
            "Listening on "
                + listen
                + " would open this server to the network without a key. Add --api-key KEY, or listen on 127.0.0.1.");
      }
      bind(listen, options.skipTaken());
    }
    if (channels.isEmpty()) {
      throw new IOException("No address is left to listen on: " + String.join(" ", notices));
    }
    AccessFilter access = new AccessFilter(options.apiKeys());
    List<Routes> all = new ArrayList<>();
    all.add(
        new StatusRoutes(
            version,
            clock,
            () -> bound,
            ingestLog,
            access,
            () -> state.get().withNotices(notices)));
    all.addAll(routes);
    all.add(new Pages());
    ServletServerBuilder grpc = new ServletServerBuilder();
    grpc.maxInboundMessageSize(options.maxGrpcMessageBytes());
    grpc.decompressorRegistry(
        DecompressorRegistry.getDefaultInstance().with(new ZstdCodec(), true));
    grpc.executor(Executors.newVirtualThreadPerTaskExecutor());
    grpcServices.forEach(grpc::addService);
    ServletHolder grpcServlet = new ServletHolder("grpc", grpc.buildServlet());
    grpcServlet.setAsyncSupported(true);

    this.javalin =
        Javalin.create(
            config -> {
              config.startup.showJavalinBanner = false;
              config.concurrency.useVirtualThreads = true;
              config.http.maxRequestSize = options.maxBodyBytes();
              config.http.defaultContentType = "text/plain; charset=utf-8";
              config.http.strictContentTypes = false;
              config.jetty.modifyHttpConfiguration(
                  http -> {
                    http.setSendServerVersion(false);
                    http.setRequestHeaderSize(MAX_HEADER_BYTES);
                    http.setIdleTimeout(IDLE_TIMEOUT.toMillis());
                  });
              for (ServerSocketChannel channel : channels) {
                config.jetty.addConnector((server, http) -> connector(server, http, channel));
              }
              config.jetty.modifyServletContextHandler(
                  context -> {
                    FilterHolder filter = new FilterHolder(access);
                    filter.setAsyncSupported(true);
                    context.addFilter(filter, "/*", EnumSet.of(DispatcherType.REQUEST));
                    for (BindableService service : grpcServices) {
                      context.addServlet(
                          grpcServlet,
                          "/" + service.bindService().getServiceDescriptor().getName() + "/*");
                    }
                  });
              Errors.register(config.routes);
              all.forEach(group -> group.register(config.routes));
            });
  }

  /** Lets requests in. */
  public void start() {
    javalin.start();
  }

  /** Where the server really listens, in the order asked for. */
  public List<Listen> listeners() {
    return List.copyOf(bound);
  }

  /** What an operator should know, such as a default port that was taken. */
  public List<String> notices() {
    return List.copyOf(notices);
  }

  @Override
  public void close() {
    javalin.stop();
  }

  private void bind(Listen listen, boolean skipTaken) throws IOException {
    ServerSocketChannel channel = ServerSocketChannel.open();
    try {
      channel.setOption(StandardSocketOptions.SO_REUSEADDR, true);
      channel.bind(new InetSocketAddress(listen.host(), listen.port()), 512);
    } catch (BindException e) {
      channel.close();
      if (!skipTaken) {
        closeChannels();
        throw new IOException(
            listen
                + " is taken by another program, or is not an address of this machine. Stop that program, or choose"
                + " another address with --listen.",
            e);
      }
      notices.add("Port " + listen.port() + " is taken by another program and was left out.");
      return;
    }
    int port = ((InetSocketAddress) channel.getLocalAddress()).getPort();
    bound.add(new Listen(listen.host(), port));
    channels.add(channel);
  }

  private void closeChannels() throws IOException {
    for (ServerSocketChannel channel : channels) {
      channel.close();
    }
  }

  private static ServerConnector connector(
      Server server, HttpConfiguration http, ServerSocketChannel channel) {
    ServerConnector connector =
        new ServerConnector(
            server, new HttpConnectionFactory(http), new HTTP2CServerConnectionFactory(http));
    connector.setIdleTimeout(IDLE_TIMEOUT.toMillis());
    try {
      connector.open(channel);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
    return connector;
  }
}
