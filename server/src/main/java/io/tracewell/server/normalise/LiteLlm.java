package io.tracewell.server.normalise;

import java.util.Set;
import org.jspecify.annotations.Nullable;

/** LiteLLM, the library's callback and the proxy. Usage and cost are its own, normalised. */
final class LiteLlm extends Dialect {
  private static final Set<String> SERVICES =
      Set.of(
          "raw_gen_ai_request",
          "auth",
          "router",
          "self",
          "proxy_pre_call",
          "redis",
          "postgres",
          "batch_write_to_db");

  LiteLlm() {
    super("litellm", "litellm ");
    String cost = "gen_ai.cost.";
    say(LAST, Field.COST_TOTAL, cost + "total_cost");
    say(LAST, Field.COST_INPUT, cost + "input_cost");
    say(LAST, Field.COST_OUTPUT, cost + "output_cost");
    prefix(Field.USAGE_OTHER, cost);
    say(LAST, Field.USER, "metadata.user_api_key_end_user_id", "metadata.user_api_key_user_id");
    named(Field.METADATA, "hidden_params", "hidden_params");
  }

  @Override
  public Kinds.@Nullable Decision noise(Sent.Scope scope, Sent.Span span) {
    return SERVICES.contains(span.name) ? Kinds.NOISE : null;
  }
}
