package io.tracewell.server.message;

import io.tracewell.core.Content;
import io.tracewell.core.Document;
import io.tracewell.core.Message;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads a {@link Content} by its format into the one shape that readers show. Never throws for what
 * a sender wrote: what can't be read as its format says is given back as one text part.
 */
public final class Messages {
  private Messages() {}

  /**
   * A tool offered to a model.
   *
   * @param schema JSON schema of its arguments, as text; null where none was sent
   */
  public record ToolDefinition(
      String name, @Nullable String description, @Nullable String schema) {}

  /**
   * The messages of a content in any of the message formats; one message with {@code defaultRole}
   * for text; none where there is no content, or it is JSON that is not messages.
   */
  public static List<Message> read(Content content, String defaultRole) {
    throw new UnsupportedOperationException("not written yet");
  }

  /** Documents of a content of format DOCUMENTS; else none. */
  public static List<Document> documents(Content content) {
    throw new UnsupportedOperationException("not written yet");
  }

  /** Tools of a tool definitions content, in any vendor's shape. */
  public static List<ToolDefinition> toolDefinitions(Content content) {
    throw new UnsupportedOperationException("not written yet");
  }

  /** Canonical JSON of messages: the format MESSAGES. Read back by {@link #read}. */
  public static String write(List<Message> messages) {
    throw new UnsupportedOperationException("not written yet");
  }
}
