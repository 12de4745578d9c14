package io.tracewell.server.normalise;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.tracewell.core.Cost;
import io.tracewell.core.ModelCall;
import io.tracewell.core.Usage;
import io.tracewell.server.pricing.GenAiPrices;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfEnvironmentVariable;

/**
 * The real usage bodies that genai-prices tests itself with, and what it makes of them. They are
 * not part of this repository: the variable names a file, tests/dataset/usages.json of
 * https://github.com/pydantic/genai-prices at the commit of our price table.
 */
@EnabledIfEnvironmentVariable(
    named = ProviderBodiesTest.FILE,
    matches = ".+",
    disabledReason =
        "needs tests/dataset/usages.json of github.com/pydantic/genai-prices, named by"
            + " TRACEWELL_PROVIDER_BODIES")
class ProviderBodiesTest {
  static final String FILE = "TRACEWELL_PROVIDER_BODIES";

  private static final ObjectMapper JSON = new ObjectMapper();

  /** The day at which the file's prices were worked out. */
  private static final long DAY =
      Instant.parse("2025-11-06T12:00:00Z").getEpochSecond() * 1_000_000_000L;

  private final GenAiPrices prices = GenAiPrices.vendored();
  private int bodies;
  private int readings;
  private int priced;

  @Test
  void every_body_is_read_and_priced_to_the_picodollar() throws Exception {
    List<String> wrong = new ArrayList<>();
    for (JsonNode entry : JSON.readTree(Files.readString(Path.of(System.getenv(FILE))))) {
      bodies++;
      best(entry).forEach((provider, want) -> check(entry, provider, want, wrong));
    }
    System.out.println(bodies + " bodies, " + readings + " readings, " + priced + " priced");
    assertThat(wrong).isEmpty();
    assertThat(bodies).isEqualTo(1577);
  }

  /** Providers whose readers give names another meaning; no body of the file is theirs. */
  private static final Set<String> OTHERS = Set.of("x-ai", "perplexity");

  private record Want(JsonNode usage, JsonNode extractor) {}

  /** What those readers make of the body that see most in it: the others are of other APIs. */
  private static Map<String, Want> best(JsonNode entry) {
    JsonNode best = null;
    for (JsonNode extracted : entry.path("extracted")) {
      boolean others = true;
      for (JsonNode extractor : extracted.path("extractors")) {
        others &= OTHERS.contains(extractor.path("provider_id").asText());
      }
      if (!others && (best == null || size(extracted.path("usage")) > size(best.path("usage")))) {
        best = extracted;
      }
    }
    Map<String, Want> wants = new TreeMap<>();
    if (best != null) {
      for (JsonNode extractor : best.path("extractors")) {
        wants.put(extractor.path("provider_id").asText(), new Want(best.path("usage"), extractor));
      }
    }
    wants.keySet().removeAll(OTHERS);
    return wants;
  }

  private static long size(JsonNode usage) {
    long size = 0;
    for (JsonNode value : usage) {
      size += value.asLong() + 1;
    }
    return size;
  }

  /**
   * Anthropic bills a compaction beside the answer (G35): the sum of all iterations. The file's
   * readers look at the answer alone, so its prices are no measure then.
   */
  private static boolean withCompaction(JsonNode iterations, Map<String, Long> wanted) {
    if (iterations.findValuesAsText("type").stream().noneMatch("compaction"::equals)) {
      return false;
    }
    long input = 0;
    long output = 0;
    long read = 0;
    long write = 0;
    for (JsonNode iteration : iterations) {
      input += iteration.path("input_tokens").asLong();
      output += iteration.path("output_tokens").asLong();
      read += iteration.path("cache_read_input_tokens").asLong();
      write += iteration.path("cache_creation_input_tokens").asLong();
    }
    wanted.clear();
    put(wanted, "input_tokens", input + read + write);
    put(wanted, "output_tokens", output);
    put(wanted, "cache_read_tokens", read);
    put(wanted, "cache_write_tokens", write);
    return true;
  }

  private void check(JsonNode entry, String provider, Want want, List<String> wrong) {
    JsonNode body = entry.path("body");
    Usage usage = Usages.ofProvider(body.toString(), Providers.canonical(provider, "", ""));
    readings++;
    Map<String, Long> got = new TreeMap<>();
    put(got, "input_tokens", usage.input());
    put(got, "output_tokens", usage.output());
    put(got, "cache_read_tokens", usage.cacheRead());
    put(got, "cache_write_tokens", usage.cacheWrite());
    put(got, "cache_write_1h_tokens", usage.cacheWrite1h());
    put(got, "output_reasoning_tokens", usage.reasoning());
    put(got, "input_audio_tokens", usage.inputAudio());
    put(got, "output_audio_tokens", usage.outputAudio());
    put(got, "input_image_tokens", usage.more(Usage.INPUT_IMAGE));
    put(got, "output_image_tokens", usage.more(Usage.OUTPUT_IMAGE));
    put(got, "input_video_tokens", usage.more(Usage.INPUT_VIDEO));
    put(got, "output_video_tokens", usage.more(Usage.OUTPUT_VIDEO));
    put(got, "cache_audio_read_tokens", usage.more(Usage.CACHE_READ_AUDIO));
    put(got, "cache_image_read_tokens", usage.more(Usage.CACHE_READ_IMAGE));
    put(got, "web_searches", usage.more(Usage.WEB_SEARCHES));
    Map<String, Long> wanted = new TreeMap<>();
    want.usage.properties().forEach(f -> put(wanted, f.getKey(), f.getValue().asLong()));
    // Text is the rest, five minutes are what is not an hour; no price list prices cached video or
    // a tool's prompt apart.
    wanted
        .keySet()
        .removeIf(
            key ->
                key.contains("text")
                    || key.contains("_5m_")
                    || key.contains("tool")
                    || key.equals("cache_video_read_tokens"));
    if (body.path("usage").has("billed_units")) {
      // What is billed is priced (G16); that reader of the file looks at what was processed.
      JsonNode billed = body.path("usage").path("billed_units");
      wanted.clear();
      put(wanted, "input_tokens", billed.path("input_tokens").asLong());
      put(wanted, "output_tokens", billed.path("output_tokens").asLong());
    }
    boolean compacted = withCompaction(body.path("usage").path("iterations"), wanted);
    boolean same = got.equals(wanted);
    if (!same) {
      wrong.add(provider + " " + got + " != " + wanted + " " + body);
    }
    if (!same || compacted) {
      return;
    }
    JsonNode in = want.extractor.path("input_price");
    String model = entry.path("model").asText();
    // No figure is no cost, not 0 (G36). What a gateway gives away is free. A row may be empty.
    if (in.isMissingNode()
        || usage.isEmpty()
        || model.endsWith(":free")
        || model.equals("qwen-3-coder-480b")) {
      return;
    }
    priced++;
    Cost cost = prices.price(new ModelCall(provider, "", model, "", "", "", "", -1), usage, DAY);
    BigDecimal total =
        want.extractor.has("total_price")
            ? new BigDecimal(want.extractor.path("total_price").asText())
            : new BigDecimal(in.asText())
                .add(new BigDecimal(want.extractor.path("output_price").asText()));
    if (total.movePointRight(12).compareTo(BigDecimal.valueOf(cost.total())) != 0) {
      wrong.add(provider + " " + model + " " + cost + " != " + total + " " + usage);
    }
  }

  private static void put(Map<String, Long> map, String name, long value) {
    if (value > 0) {
      map.put(name, value);
    }
  }
}
