package io.tracewell.server.message;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.core.Content;
import io.tracewell.core.ContentFormat;
import io.tracewell.core.Message;
import io.tracewell.core.Message.Part;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MessagesTest {
  private static List<Message> chat(String json) {
    return Messages.read(new Content(ContentFormat.CHAT_MESSAGES, json), "user");
  }

  private static List<Message> otel(String json) {
    return Messages.read(new Content(ContentFormat.OTEL_MESSAGES, json), "user");
  }

  @Test
  void the_same_conversation_reads_alike_in_every_shape() {
    List<Message> otel =
        otel(
            """
            [{"role":"system","parts":[{"type":"text","content":"Be brief."}]},
             {"role":"user","parts":[{"type":"text","content":"Weather in Zürich?"}]},
             {"role":"assistant","parts":[{"type":"tool_call","id":"c1","name":"weather","arguments":{"city":"Zürich","days":1.50}}],"finish_reason":"tool_calls"},
             {"role":"tool","parts":[{"type":"tool_call_response","id":"c1","response":"{\\"t\\":21}"}]}]
            """);
    List<Message> openai =
        chat(
            """
            [{"role":"system","content":"Be brief."},
             {"role":"user","content":[{"type":"text","text":"Weather in Z\\u00fcrich?"}]},
             {"role":"assistant","content":null,"tool_calls":[{"id":"c1","type":"function","function":{"name":"weather","arguments":"{\\"city\\": \\"Z\\\\u00fcrich\\", \\"days\\": 1.50}"}}]},
             {"role":"tool","tool_call_id":"c1","content":"{\\"t\\": 21}"}]
            """);
    List<Message> anthropic =
        chat(
            """
            [{"role":"system","content":[{"type":"text","text":"Be brief."}]},
             {"role":"user","content":"Weather in Zürich?"},
             {"role":"assistant","content":[{"type":"tool_use","id":"c1","name":"weather","input":{"city":"Zürich","days":1.50}}]},
             {"role":"user","content":[{"type":"tool_result","tool_use_id":"c1","content":[{"type":"text","text":"{\\"t\\":21}"}]}]}]
            """);
    List<Message> datadog =
        chat(
            """
            [{"role":"system","content":"Be brief."},
             {"role":"user","content":"Weather in Zürich?"},
             {"role":"assistant","content":"","tool_calls":[{"tool_id":"c1","name":"weather","arguments":{"city":"Zürich","days":1.50},"type":"function"}]},
             {"role":"tool","content":"","tool_results":[{"tool_id":"c1","name":"weather","result":"{\\"t\\":21}"}]}]
            """);

    assertThat(otel)
        .extracting(Message::role)
        .containsExactly("system", "user", "assistant", "tool");
    assertThat(otel.get(1).parts()).containsExactly(new Part.Text("Weather in Zürich?"));
    assertThat(otel.get(2).parts())
        .containsExactly(new Part.ToolCall("c1", "weather", "{\"city\":\"Zürich\",\"days\":1.50}"));
    assertThat(otel.get(3).parts())
        .containsExactly(new Part.ToolResult("c1", null, "{\"t\":21}", false));
    long[] hashes = otel.stream().mapToLong(Message::hash).toArray();
    assertThat(hashes).doesNotHaveDuplicates();
    for (List<Message> other : List.of(openai, anthropic, datadog)) {
      assertThat(other.stream().mapToLong(Message::hash).toArray()).containsExactly(hashes);
    }
  }

  @Test
  void canonical_messages_are_read_back_as_they_were_written() {
    List<Message> messages =
        List.of(
            Messages.of(
                "assistant",
                "planner",
                List.of(
                    new Part.Reasoning("think"),
                    new Part.Text("answer"),
                    new Part.ToolCall("1", "f", "{\"a\":1}"),
                    new Part.ToolCall(null, "g", "not json"),
                    new Part.Media("image", "image/png", null, 300),
                    new Part.Other("x", "{\"type\":\"x\"}")),
                "stop"),
            Messages.of("tool", null, List.of(new Part.ToolResult("1", "f", "plain", true)), null));

    assertThat(Messages.read(new Content(ContentFormat.MESSAGES, Messages.write(messages)), "user"))
        .isEqualTo(messages);
  }

  @Test
  void parts_alone_are_one_message_of_the_default_role() {
    assertThat(
            Messages.read(
                new Content(
                    ContentFormat.OTEL_MESSAGES,
                    "[{\"type\":\"text\",\"content\":\"a\"},{\"type\":\"text\",\"content\":\"b\"}]"),
                "system"))
        .containsExactly(
            Messages.of("system", null, List.of(new Part.Text("a"), new Part.Text("b")), null));
  }

  @Test
  void responses_items_become_messages() {
    List<Message> messages =
        chat(
            """
            [{"type":"message","role":"user","content":[{"type":"input_text","text":"hi"}]},
             {"type":"reasoning","summary":[{"type":"summary_text","text":"hm"}]},
             {"type":"function_call","call_id":"c","name":"f","arguments":"{}"},
             {"type":"function_call_output","call_id":"c","output":"7"}]
            """);
    assertThat(messages).extracting(Message::role).containsExactly("user", "assistant", "tool");
    assertThat(messages.get(1).parts())
        .containsExactly(new Part.Reasoning("hm"), new Part.ToolCall("c", "f", "{}"));
  }

  @Test
  void media_are_counted_and_their_bytes_left_out() {
    Message message =
        chat("""
        [{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAABBBB"}},
          {"type":"image","source":{"type":"url","url":"https://x/y.png"}},
          {"type":"input_audio","input_audio":{"data":"AAAA","format":"wav"}},
          {"type":"blob","modality":"image","mime_type":"image/jpeg","content":"AAAA"}]}]
        """)
            .getFirst();
    assertThat(message.parts())
        .containsExactly(
            new Part.Media("image", "image/png", null, 6),
            new Part.Media("image", null, "https://x/y.png", -1),
            new Part.Media("audio", "audio/wav", null, 3),
            new Part.Media("image", "image/jpeg", null, 3));
  }

  @Test
  void gemini_bedrock_and_wrappers_are_read() {
    assertThat(
            chat(
                "{\"contents\":[{\"role\":\"model\",\"parts\":[{\"text\":\"hi\"},{\"functionCall\":{\"name\":\"f\",\"args\":{\"a\":1}}}]}]}"))
        .containsExactly(
            Messages.of(
                "assistant",
                null,
                List.of(new Part.Text("hi"), new Part.ToolCall(null, "f", "{\"a\":1}")),
                null));
    assertThat(
            chat(
                "[{\"role\":\"user\",\"content\":[{\"toolResult\":{\"toolUseId\":\"1\",\"content\":[{\"text\":\"x\"}],\"status\":\"error\"}}]}]"))
        .containsExactly(
            Messages.of("tool", null, List.of(new Part.ToolResult("1", null, "x", true)), null));
    assertThat(
            chat("{\"index\":0,\"finish_reason\":\"stop\",\"message\":{\"role\":\"assistant\",\"content\":\"x\"}}")
                .getFirst()
                .finishReason())
        .isEqualTo("stop");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[{\"role\":\"user\",\"content\":\"cut he",
        "[",
        "{}}",
        "plain",
        "\"",
        "[1,2",
        "[{\"role\":",
        "\u0000"
      })
  void what_is_not_messages_stays_text(String text) {
    assertThat(chat(text)).containsExactly(Messages.text("user", text));
  }

  @Test
  void nesting_beyond_the_bound_stays_text() {
    String deep = "[".repeat(2_000) + "]".repeat(2_000);
    assertThat(chat(deep)).containsExactly(Messages.text("user", deep));
  }

  @Test
  void tools_are_read_in_every_vendors_shape() {
    assertThat(
            Messages.toolDefinitions(
                new Content(
                    ContentFormat.JSON,
                    """
                    [{"type":"function","name":"a","description":"A","parameters":{"type":"object"}},
                     {"type":"function","function":{"name":"b","parameters":{}}},
                     {"name":"c","input_schema":{}},
                     "{\\"name\\":\\"d\\",\\"schema\\":{}}",
                     {"function_declarations":[{"name":"e"}]}]
                    """)))
        .containsExactly(
            new Messages.ToolDefinition("a", "A", "{\"type\":\"object\"}"),
            new Messages.ToolDefinition("b", null, "{}"),
            new Messages.ToolDefinition("c", null, "{}"),
            new Messages.ToolDefinition("d", null, "{}"),
            new Messages.ToolDefinition("e", null, null));
  }

  @Test
  void documents_are_read() {
    assertThat(
            Messages.documents(
                new Content(
                    ContentFormat.DOCUMENTS,
                    "[{\"id\":\"1\",\"content\":\"x\",\"score\":\"0.5\"},{\"text\":\"y\",\"name\":\"n\",\"score\":1,\"metadata\":{\"a\":1}}]")))
        .containsExactly(
            new io.tracewell.core.Document("1", null, "x", 0.5, null),
            new io.tracewell.core.Document(null, "n", "y", 1.0, "{\"a\":1}"));
  }
}
