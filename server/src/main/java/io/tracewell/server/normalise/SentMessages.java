package io.tracewell.server.normalise;

import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Message;
import io.tracewell.core.Message.Part;
import io.tracewell.server.message.Messages;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A content, and what it says where that is known already: messages that came as structure are
 * written as JSON, which is what is kept. Most of them are a role and a text; to read those from
 * the JSON again would cost as much as the rest of the span.
 *
 * @param read the same as {@link Messages#read} makes of the content; null where it has to be read
 */
record SentMessages(Content content, @Nullable List<Message> read) {

  /**
   * Writes messages and reads them, where each says its role: one without may belong to the one
   * before.
   */
  static SentMessages of(List<?> sent, String defaultRole) {
    StringBuilder json = new StringBuilder(size(sent)).append('[');
    List<Message> messages = new ArrayList<>(sent.size());
    boolean eachAlone = true;
    for (Object item : sent) {
      if (json.length() > 1) {
        json.append(',');
      }
      int from = json.length();
      PlainJson.value(json, item);
      eachAlone = eachAlone && add(messages, item, json, from, defaultRole);
    }
    return new SentMessages(
        new Content(ContentFormat.CHAT_MESSAGES, json.append(']').toString()),
        eachAlone ? messages : null);
  }

  /** Adds the message of an item; false where the item alone does not say which that is. */
  private static boolean add(
      List<Message> messages,
      @Nullable Object item,
      StringBuilder json,
      int from,
      String defaultRole) {
    if (!(item instanceof Attributes map)
        || !(map.get("role") instanceof String role)
        || "constructor".equals(map.get("type"))) {
      return false;
    }
    if (map.size() == 2 && map.get("content") instanceof String text && isSpeaker(role)) {
      List<Part> parts = text.isEmpty() ? List.of() : List.of(new Part.Text(text));
      return messages.add(Messages.of(role, null, parts, null));
    }
    List<Message> one =
        Messages.read(new Content(ContentFormat.CHAT_MESSAGES, json.substring(from)), defaultRole);
    return one.size() == 1 && messages.addAll(one);
  }

  /** True for a role whose content is text and nothing else. */
  private static boolean isSpeaker(String role) {
    return switch (role) {
      case "user", "assistant", "system", "developer" -> true;
      default -> false;
    };
  }

  /** About the length of the JSON, so that the builder seldom grows. */
  private static int size(List<?> sent) {
    int size = 16;
    for (Object item : sent) {
      size += 64;
      if (item instanceof Attributes map && map.get("content") instanceof String text) {
        size += text.length() + text.length() / 16;
      }
    }
    return size;
  }
}
