package io.tracewell.server.normalise;

import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Document;
import io.tracewell.core.Message;
import io.tracewell.core.Message.Part;
import io.tracewell.core.MessageText;
import io.tracewell.core.Span;
import io.tracewell.core.SpanError;
import io.tracewell.server.message.Hash;
import io.tracewell.server.message.Messages;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What lists and search need of a span's content, read once at intake.
 *
 * @param unreadable names of columns that should hold messages and could not be read as such
 * @param finishReasons of the output messages, comma-separated
 */
record Digest(
    String inputPreview,
    String outputPreview,
    long[] inputHashes,
    List<MessageText> texts,
    List<String> unreadable,
    String finishReasons) {

  static Digest of(
      Content system, Content input, Content output, Content documents, SpanError error) {
    return of(system, input, output, documents, error, null, null);
  }

  /**
   * The same where messages were read already.
   *
   * @param inputMessages what the input says; null where it is to be read
   * @param outputMessages what the output says; null where it is to be read
   */
  static Digest of(
      Content system,
      Content input,
      Content output,
      Content documents,
      SpanError error,
      @Nullable List<Message> inputMessages,
      @Nullable List<Message> outputMessages) {
    List<MessageText> texts = new ArrayList<>();
    List<String> unreadable = new ArrayList<>(0);
    List<Message> before = read(system, "system", "system", unreadable);
    List<Message> asked =
        inputMessages == null ? read(input, "user", "input", unreadable) : inputMessages;
    List<Message> answered =
        outputMessages == null ? read(output, "assistant", "output", unreadable) : outputMessages;

    long[] hashes = new long[before.size() + asked.size()];
    int count = 0;
    for (Message message : before) {
      hashes[count++] = message.hash();
      text(texts, message);
    }
    String inputPreview = "";
    for (Message message : asked) {
      hashes[count++] = message.hash();
      String text = text(texts, message);
      if (message.role().equals("user") && !text.isBlank()) {
        inputPreview = text;
      }
    }
    if (inputPreview.isEmpty()) {
      inputPreview = lastText(asked, input);
    }
    if (input.format() == ContentFormat.DOCUMENTS) {
      // What is to be embedded.
      StringBuilder all = new StringBuilder();
      for (Document document : Messages.documents(input)) {
        texts.add(new MessageText(Hash.text(document.text()), document.text()));
        all.append(all.isEmpty() ? "" : " · ").append(document.text());
      }
      inputPreview = all.toString();
    } else if (asked.isEmpty() && !input.isEmpty()) {
      texts.add(new MessageText(Hash.text(input.text()), input.text()));
    }
    StringBuilder reasons = new StringBuilder();
    for (Message message : answered) {
      text(texts, message);
      String reason = FinishReasons.canonical(message.finishReason());
      if (!reason.isEmpty() && reasons.indexOf(reason) < 0) {
        reasons.append(reasons.isEmpty() ? "" : ",").append(reason);
      }
    }
    if (answered.isEmpty() && !output.isEmpty()) {
      texts.add(new MessageText(Hash.text(output.text()), output.text()));
    }
    // What was found says more than the object it came in.
    String outputPreview =
        documents.format() == ContentFormat.DOCUMENTS && output.format() == ContentFormat.JSON
            ? ""
            : answer(answered, output);
    if (documents.format() == ContentFormat.DOCUMENTS) {
      for (Document document : Messages.documents(documents)) {
        if (!document.text().isEmpty()) {
          texts.add(new MessageText(Hash.text(document.text()), document.text()));
          if (outputPreview.isEmpty()) {
            outputPreview = document.text();
          }
        }
      }
    }
    if (outputPreview.isBlank() && answered.isEmpty()) {
      outputPreview = output.text();
    }
    if (outputPreview.isBlank()) {
      outputPreview = !error.message().isEmpty() ? error.message() : error.type();
    }
    return new Digest(
        preview(inputPreview),
        preview(outputPreview),
        hashes,
        texts,
        unreadable,
        reasons.toString());
  }

  /** True where the system's instructions stand among the messages too. */
  static boolean repeats(Content input, Content system) {
    if (!input.text().contains("\"system\"") && !input.text().contains("\"developer\"")) {
      return false;
    }
    List<Message> messages = Messages.read(input, "user");
    return Messages.read(system, "system").stream()
        .allMatch(
            instruction ->
                messages.stream()
                    .anyMatch(
                        message ->
                            !message.role().equals("user")
                                && Messages.searchText(message)
                                    .equals(Messages.searchText(instruction))));
  }

  private static List<Message> read(
      Content content, String role, String column, List<String> unreadable) {
    List<Message> messages = Messages.read(content, role);
    if (content.format() != ContentFormat.TEXT
        && messages.size() == 1
        && messages.getFirst().parts().size() == 1
        && messages.getFirst().parts().getFirst() instanceof Part.Text only
        && only.text().equals(content.text())) {
      unreadable.add(column);
    }
    return messages;
  }

  private static String text(List<MessageText> texts, Message message) {
    String text = Messages.searchText(message);
    if (!text.isEmpty()) {
      texts.add(new MessageText(message.hash(), text));
    }
    return text;
  }

  private static String lastText(List<Message> messages, Content content) {
    for (int i = messages.size() - 1; i >= 0; i--) {
      String text = Messages.searchText(messages.get(i));
      if (!text.isBlank()) {
        return text;
      }
    }
    return messages.isEmpty() ? content.text() : "";
  }

  /** What was said; the tools that were called where nothing was. */
  private static String answer(List<Message> all, Content content) {
    List<Message> messages = newest(all);
    for (Message message : messages) {
      for (Part part : message.parts()) {
        if (part instanceof Part.Text text && !text.text().isBlank()) {
          return text.text();
        }
      }
    }
    for (Message message : messages) {
      String text = Messages.searchText(message);
      if (!text.isBlank()) {
        return text;
      }
    }
    return messages.isEmpty() ? content.text() : "";
  }

  /** Where a framework's whole state came out, with what was asked: the newest answers first. */
  private static List<Message> newest(List<Message> messages) {
    List<Message> answers =
        messages.stream().filter(message -> message.role().equals("assistant")).toList();
    boolean state =
        messages.stream()
            .anyMatch(message -> message.role().equals("user") || message.role().equals("tool"));
    return state && !answers.isEmpty() ? answers.reversed() : messages;
  }

  /** One line, white space folded, cut at a character. */
  static String preview(String text) {
    int length = text.length();
    boolean plain = length <= Span.PREVIEW_CHARS;
    for (int i = 0; plain && i < length; i++) {
      plain = text.charAt(i) > ' ' || (text.charAt(i) == ' ' && i > 0 && text.charAt(i - 1) != ' ');
    }
    if (plain && (length == 0 || text.charAt(length - 1) != ' ')) {
      return text;
    }
    char[] line = new char[Math.min(length, Span.PREVIEW_CHARS)];
    int size = 0;
    boolean gap = false;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c <= ' ') {
        gap = size > 0;
        continue;
      }
      int needed = (gap ? 1 : 0) + (Character.isHighSurrogate(c) ? 2 : 1);
      if (size + needed > Span.PREVIEW_CHARS) {
        break;
      }
      if (gap) {
        line[size++] = ' ';
        gap = false;
      }
      line[size++] = c;
    }
    return new String(line, 0, size);
  }
}
