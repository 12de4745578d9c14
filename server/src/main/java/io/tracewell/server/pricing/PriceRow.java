package io.tracewell.server.pricing;

import io.tracewell.core.Cost;
import io.tracewell.core.Usage;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Prices of a model, valid from a day on or within hours of each day.
 *
 * @param rates by the keys of genai-prices ({@code input_mtok} …)
 * @param name what {@code cost.price} says
 * @param claude true for Anthropic's models, whose cache has prices that follow from the input's
 */
record PriceRow(
    long fromEpochDay,
    long fromNanoOfDay,
    long toNanoOfDay,
    Map<String, Rate> rates,
    String name,
    boolean claude) {
  static final long NANOS_A_DAY = 86_400_000_000_000L;

  /** So that nine of them can be added. */
  private static final long MOST = Long.MAX_VALUE / 9;

  boolean holds(long startNanos) {
    return Math.floorDiv(startNanos, NANOS_A_DAY) >= fromEpochDay
        && Math.floorMod(startNanos, NANOS_A_DAY) >= fromNanoOfDay
        && Math.floorMod(startNanos, NANOS_A_DAY) < toNanoOfDay;
  }

  /**
   * The cost of a call by disjoint buckets.
   *
   * @param tier who was served first; {@link ServiceTier#STANDARD} where the row is of the tier
   * @param note what else there is to say, or empty
   */
  Cost cost(Usage usage, ServiceTier tier, String note) {
    Rate input = rates.get("input_mtok");
    Rate output = rates.get("output_mtok");
    if ((input == null && usage.input() > 0)
        || (output == null && usage.output() > 0 && input == null)) {
      return Cost.unpriced("the price table has no price by token for " + name);
    }
    Says says = new Says();
    long in = Math.max(0, usage.input());
    long out = Math.max(0, usage.output());
    long read = Math.min(in, Math.max(0, usage.cacheRead()));
    long write = Math.min(in - read, Math.max(0, usage.cacheWrite()));
    long write1h = Math.min(write, Math.max(0, usage.cacheWrite1h()));
    long readAudio = Math.min(read, usage.more(Usage.CACHE_READ_AUDIO));
    long readImage = Math.min(read - readAudio, usage.more(Usage.CACHE_READ_IMAGE));
    long free = in - read - write;
    long audioIn = Math.min(free, Math.max(0, usage.inputAudio() - readAudio));
    long imageIn = Math.min(free - audioIn, Math.max(0, usage.more(Usage.INPUT_IMAGE) - readImage));
    long videoIn = Math.min(free - audioIn - imageIn, usage.more(Usage.INPUT_VIDEO));
    long audioOut = Math.min(out, Math.max(0, usage.outputAudio()));
    long imageOut = Math.min(out - audioOut, usage.more(Usage.OUTPUT_IMAGE));
    long videoOut = Math.min(out - audioOut - imageOut, usage.more(Usage.OUTPUT_VIDEO));
    long textOut = out - audioOut - imageOut - videoOut;
    long citation = Math.min(textOut, usage.more(Usage.CITATION));
    long reasoning = Math.min(textOut - citation, Math.max(0, usage.reasoning()));

    // A tier counts from the size of one request: the sum of several may pass it without one of
    // them having done so.
    long size = usage.isOfSeveral() ? 0 : in;

    long inputPrice = at(input, size, 0);
    long readPrice = inputPrice;
    if (read > 0) {
      Rate rate = rates.get("cache_read_mtok");
      readPrice = at(rate, size, claude ? inputPrice / 10 : inputPrice);
      says.add(
          rate == null,
          claude
              ? "no price for cache reads: a tenth of the input price"
              : "no price for cache reads: input price");
    }
    long writePrice = inputPrice;
    long write1hPrice = inputPrice;
    if (write > 0) {
      Rate rate = rates.get("cache_write_5m_mtok");
      rate = rate == null ? rates.get("cache_write_mtok") : rate;
      writePrice = at(rate, size, claude ? inputPrice / 4 * 5 : inputPrice);
      says.add(
          rate == null,
          claude
              ? "no price for cache writes: 1.25 times the input price"
              : "no price for cache writes: input price");
      Rate hour = rates.get("cache_write_1h_mtok");
      write1hPrice = at(hour, size, claude ? inputPrice * 2 : writePrice);
      says.add(
          hour == null && write1h > 0 && claude,
          "no price for cache writes of an hour: twice the input price");
    }
    long inputCost =
        times(free - audioIn - imageIn - videoIn, inputPrice)
            + times(audioIn, at("input_audio_mtok", size, inputPrice, audioIn, says))
            + times(imageIn, at(rates.get("input_image_mtok"), size, inputPrice))
            + times(videoIn, at(rates.get("input_video_mtok"), size, inputPrice));
    long outputPrice = at(output, size, 0);
    long outputCost =
        times(textOut - citation - reasoning, outputPrice)
            + times(audioOut, at("output_audio_mtok", size, outputPrice, audioOut, says))
            + times(imageOut, at(rates.get("output_image_mtok"), size, outputPrice))
            + times(videoOut, at(rates.get("output_video_mtok"), size, outputPrice))
            + times(citation, at(rates.get("output_citation_mtok"), size, outputPrice))
            + times(reasoning, at(rates.get("output_reasoning_mtok"), size, outputPrice));
    long readCost =
        times(read - readAudio - readImage, readPrice)
            + times(readAudio, at(rates.get("cache_audio_read_mtok"), size, readPrice))
            + times(readImage, at(rates.get("cache_image_read_mtok"), size, readPrice));
    long writeCost = times(write - write1h, writePrice) + times(write1h, write1hPrice);
    inputCost = tier.of(inputCost);
    outputCost = tier.of(outputCost);
    readCost = tier.of(readCost);
    writeCost = tier.of(writeCost);

    // Dollars a thousand are kept as if a million: one is a thousand.
    Rate requests = rates.get("requests_kcount");
    if (requests != null) {
      inputCost += requests.at(size) * 1000;
      says.add(true, "input holds a fee for the request");
    }
    Rate searches = rates.get("web_searches_kcount");
    long searched = usage.more(Usage.WEB_SEARCHES);
    if (searches != null && searched > 0) {
      inputCost += times(searched, searches.at(size) * 1000);
      says.add(true, "input holds a fee for web searches");
    }
    says.partly(usage.input() < 0, "input tokens were not reported");
    says.partly(usage.output() < 0 && output != null, "output tokens were not reported");
    says.partly(!usage.lacks().isEmpty(), usage.lacks());
    says.partly(!tier.partial().isEmpty(), tier.partial());
    says.add(!tier.note().isEmpty(), tier.note());
    says.add(!note.isEmpty(), note);
    String row = name;
    if (input != null) {
      says.add(
          size < in && input.at(in) != input.at(size),
          "the sum of several calls: the price below the tier");
      for (int i = input.starts().length - 1; i >= 0; i--) {
        if (size > input.starts()[i]) {
          row = name + " above " + input.starts()[i];
          break;
        }
      }
    }
    return new Cost(
        inputCost + readCost + writeCost + outputCost,
        inputCost,
        usage.cacheRead() < 0 ? -1 : readCost,
        usage.cacheWrite() < 0 ? -1 : writeCost,
        outputCost,
        "priced",
        row,
        says.text());
  }

  private long at(String key, long inputTokens, long otherwise, long count, Says says) {
    Rate rate = rates.get(key);
    says.add(rate == null && count > 0, "no price for audio: the price of text");
    return at(rate, inputTokens, otherwise);
  }

  private static long at(@Nullable Rate rate, long inputTokens, long otherwise) {
    return rate == null ? otherwise : rate.at(inputTokens);
  }

  /** Absurd counts must not overflow into a plausible price: they stop at the largest. */
  private static long times(long tokens, long price) {
    return price > 0 && tokens > MOST / price ? MOST : tokens * price;
  }

  /** What there is to know of a cost. That it lacks something comes first. */
  private static final class Says {
    private String partial = "";
    private String rest = "";

    void add(boolean when, String sentence) {
      if (when && !rest.contains(sentence)) {
        rest += rest.isEmpty() ? sentence : "; " + sentence;
      }
    }

    void partly(boolean when, String sentence) {
      if (when) {
        partial += (partial.isEmpty() ? Cost.PARTIAL : "; ") + sentence;
      }
    }

    String text() {
      return partial.isEmpty() || rest.isEmpty() ? partial + rest : partial + "; " + rest;
    }
  }
}
