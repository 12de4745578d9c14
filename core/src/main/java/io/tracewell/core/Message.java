package io.tracewell.core;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One message of a conversation, in the one shape that all conventions are read into.
 *
 * @param role {@code system}, {@code developer}, {@code user}, {@code assistant}, {@code tool}, or
 *     what the sender wrote
 * @param name name of the participant or tool, where sent
 * @param parts content in order
 * @param finishReason why the model stopped, on output messages
 * @param hash 64-bit content hash over role and parts: equal for the same message re-sent in a
 *     later call
 */
public record Message(
    String role,
    @Nullable String name,
    List<Part> parts,
    @Nullable String finishReason,
    long hash) {

  /** A piece of a message. */
  public sealed interface Part {
    /** Text. */
    record Text(String text) implements Part {}

    /** The model's reasoning. */
    record Reasoning(String text) implements Part {}

    /**
     * A request of the model to call a tool.
     *
     * @param arguments JSON text where it was JSON, else what was sent
     */
    record ToolCall(@Nullable String id, String name, String arguments) implements Part {}

    /**
     * The answer of a tool.
     *
     * @param result JSON text or plain text, as sent
     */
    record ToolResult(@Nullable String id, @Nullable String name, String result, boolean error)
        implements Part {}

    /**
     * An image, a sound, a film or a file. Inline bytes are counted, not kept here.
     *
     * @param modality {@code image}, {@code audio}, {@code video}, {@code file}
     */
    record Media(String modality, @Nullable String mimeType, @Nullable String uri, long byteSize)
        implements Part {}

    /** Anything else, as JSON text. */
    record Other(String type, String json) implements Part {}
  }
}
