package io.tracewell.server.pricing;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The names under which a price list may know a model that was sent under another. */
final class ModelNames {
  /** A provider's prefix of a model that another serves; what follows it is the model. */
  private static final Pattern VENDOR =
      Pattern.compile(
          "^(?:anthropic|amazon|meta|cohere|mistral|ai21|deepseek|openai|qwen|writer)\\.(?=[a-z])");

  /** Models of Bedrock as some write them: without the vendor, but with Bedrock's version. */
  private static final Map<String, Pattern> VENDOR_LEFT_OUT =
      Map.of(
          "amazon.", Pattern.compile("^(?:nova|titan)-.*"),
          "meta.", Pattern.compile("^llama\\d.*-v\\d+(?::\\d+)?$"),
          "mistral.", Pattern.compile("^(?:mistral|mixtral|pixtral)-.*-v\\d+:\\d+$"),
          "cohere.", Pattern.compile("^(?:command|embed|rerank)-.*-v\\d+(?::\\d+)?$"));

  private static final Pattern AWS_REGION =
      Pattern.compile("^(?:us|us-gov|eu|apac|au|jp|ca|global)\\.(?=[a-z0-9-]+\\.)");
  private static final Pattern AWS_VERSION = Pattern.compile("(?:-v\\d+)?(?::\\d+)?(?::\\d+k)?$");
  private static final Pattern DATE =
      Pattern.compile("[-@](?:\\d{4}-\\d{2}-\\d{2}|\\d{8})(?=$|[-:])");
  private static final Pattern LABEL =
      Pattern.compile("(?:[-@](?:latest|default|exp|preview(?:-\\d{2}-\\d{2})?)|-00\\d)$");
  private static final Pattern SHORT_DATE = Pattern.compile("-\\d{4}(?:-preview)?$");
  private static final Pattern ROUTE =
      Pattern.compile(":(?:nitro|floor|online|thinking|extended|beta)$");
  private static final Pattern FAMILY_LAST =
      Pattern.compile("^claude-(\\d)-(\\d)-(opus|sonnet|haiku)$");
  private static final Pattern FAMILY_LAST_WHOLE =
      Pattern.compile("^claude-(\\d)-(opus|sonnet|haiku)$");
  private static final Pattern POINT = Pattern.compile("(?<=\\d)\\.(?=\\d)");

  static final String FINE_TUNE = "a fine-tuned model: the price of its base";

  private ModelNames() {}

  /**
   * The name as sent first, then with ever more wrappings taken off; each with what is to be said
   * where that one is priced. In lower case.
   */
  static Map<String, String> of(String sent) {
    Map<String, String> names = new LinkedHashMap<>();
    String name = sent.strip().toLowerCase(Locale.ROOT);
    String note = "";
    names.put(name, note);
    if (name.startsWith("arn:")) {
      name = name.substring(name.lastIndexOf('/') + 1);
      names.putIfAbsent(name, note);
    }
    int models = name.lastIndexOf("models/");
    if (models >= 0 && !name.startsWith("accounts/")) {
      name = name.substring(models + "models/".length());
      names.putIfAbsent(name, note);
    }
    if (name.startsWith("ft:")) {
      String[] parts = name.split(":", 3);
      names.putIfAbsent("ft:" + parts[1], note);
      name = parts[1];
      note = FINE_TUNE;
      names.putIfAbsent(name, note);
    }
    name = ROUTE.matcher(name).replaceFirst("");
    names.putIfAbsent(name, note);
    name = AWS_REGION.matcher(name).replaceFirst("");
    names.putIfAbsent(name, note);
    // A gateway's name for a model: vendor/model, or gateway/vendor/model.
    while (name.indexOf('/') > 0 && !name.startsWith("accounts/")) {
      name = name.substring(name.indexOf('/') + 1);
      String bare = AWS_REGION.matcher(name).replaceFirst("");
      names.putIfAbsent(name, note);
      names.putIfAbsent(bare, note);
      name = bare;
    }
    for (Map.Entry<String, Pattern> vendor : VENDOR_LEFT_OUT.entrySet()) {
      if (vendor.getValue().matcher(name).matches()) {
        names.putIfAbsent(vendor.getKey() + name, note);
      }
    }
    Matcher vendor = VENDOR.matcher(name);
    if (vendor.find()) {
      name = AWS_VERSION.matcher(name.substring(vendor.end())).replaceFirst("");
      names.putIfAbsent(name, note);
    }
    String dashed = POINT.matcher(name).replaceAll("-");
    if (name.startsWith("claude")) {
      names.putIfAbsent(dashed, note);
    }
    for (String form :
        name.startsWith("claude") ? new String[] {name, dashed} : new String[] {name}) {
      String undated = DATE.matcher(form).replaceFirst("");
      names.putIfAbsent(undated, note);
      String plain = LABEL.matcher(undated).replaceFirst("");
      names.putIfAbsent(plain, note);
      names.putIfAbsent(SHORT_DATE.matcher(plain).replaceFirst(""), note);
      Matcher last = FAMILY_LAST.matcher(plain);
      if (last.find()) {
        names.putIfAbsent(
            "claude-" + last.group(3) + '-' + last.group(1) + '-' + last.group(2), note);
      }
      last = FAMILY_LAST_WHOLE.matcher(plain);
      if (last.find()) {
        names.putIfAbsent("claude-" + last.group(2) + '-' + last.group(1), note);
      }
    }
    return names;
  }
}
