package io.tracewell.server.normalise;

import static org.assertj.core.api.Assertions.assertThat;

import io.tracewell.core.Message;
import io.tracewell.server.message.Messages;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Messages that are read while they are written are what a reader of their JSON finds. */
class SentMessagesTest {
  private static Attributes of(Object... keysAndValues) {
    Attributes map = new Attributes(4);
    for (int i = 0; i < keysAndValues.length; i += 2) {
      map.add((String) keysAndValues[i], keysAndValues[i + 1]);
    }
    return map;
  }

  private static final Object[] ROLES = {
    "user",
    "assistant",
    "system",
    "developer",
    "tool",
    "reasoning",
    "ai",
    "",
    "User",
    null,
    7L,
    of()
  };
  private static final Object[] CONTENTS = {
    "plain",
    "",
    "\"quoted\" \\ back\n\t\u0001 ünï 世界 😀",
    "[{\"type\":\"text\",\"text\":\"inner\"}]",
    "{\"summary\":[{\"text\":\"why\"}]}",
    null,
    7L,
    2.5,
    true,
    of("type", "text", "text", "part"),
    List.of(of("type", "text", "text", "a"), of("type", "image_url", "image_url", of("url", "u"))),
    List.of()
  };
  private static final Object[][] MORE = {
    {},
    {"name", "n"},
    {"type", "constructor"},
    {"type", "message"},
    {"finish_reason", "stop"},
    {"tool_calls", List.of(of("name", "f", "arguments", of("x", 1L), "tool_id", "t1"))},
    {"tool_results", List.of(of("name", "f", "result", "42", "tool_id", "t1"))},
    {"role", "user"},
    {"content", "another"},
    {"_role", "assistant"}
  };

  private static Attributes message(Random random) {
    Attributes map = new Attributes(4);
    if (random.nextInt(10) > 0) {
      map.add("role", ROLES[random.nextInt(random.nextInt(3) == 0 ? ROLES.length : 4)]);
    }
    if (random.nextInt(10) > 0) {
      map.add("content", CONTENTS[random.nextInt(CONTENTS.length)]);
    }
    Object[] more = MORE[random.nextInt(random.nextInt(3) == 0 ? MORE.length : 1)];
    for (int i = 0; i < more.length; i += 2) {
      map.add((String) more[i], more[i + 1]);
    }
    return map;
  }

  @Test
  void messages_of_every_shape() {
    Random random = new Random(1);
    int read = 0;
    for (int i = 0; i < 20_000; i++) {
      List<Object> sent = new ArrayList<>();
      for (int n = random.nextInt(4) + 1; n > 0; n--) {
        sent.add(random.nextInt(30) == 0 ? "text" : message(random));
      }
      SentMessages messages = SentMessages.of(sent, "user");
      assertThat(messages.content().text()).isEqualTo(PlainJson.of(sent));
      List<Message> found = messages.read();
      if (found != null) {
        read++;
        assertThat(found)
            .as(messages.content().text())
            .isEqualTo(Messages.read(messages.content(), "user"));
      }
    }
    assertThat(read).isGreaterThan(5_000);
  }

  @Test
  void what_every_sdk_sends_needs_no_second_reading() {
    List<Object> sent =
        Arrays.asList(
            of("content", "Answer.", "role", "system"),
            of("role", "user", "content", "Where is 77?"),
            of("role", "assistant", "content", "", "tool_calls", MORE[5][1]),
            of("role", "tool", "content", "Lyon", "tool_id", "t1"));
    List<Message> read = SentMessages.of(sent, "user").read();
    assertThat(read)
        .extracting(Message::role)
        .containsExactly("system", "user", "assistant", "tool");
  }
}
