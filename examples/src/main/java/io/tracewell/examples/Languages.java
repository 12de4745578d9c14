package io.tracewell.examples;

import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Guesses a language from its script and its commonest words. */
final class Languages {
  private static final Map<String, String> WORDS =
      Map.of(
          "de", " der die das ist nicht ich und mein meine habe wie kann auf noch hat ",
          "fr", " le la les est je et mon ma que pour combien une dans pas ",
          "es", " el los las es mi que puedo con para una cuánto está por ",
          "ro", " vreau să este comanda și pentru cum pot de unde ",
          "pt", " o os meu minha não é quando posso uma com ",
          "tr", " bir ve için nasıl ne zaman siparişim mi var ",
          "pl", " jest nie jak mogę czy się moje na zamówienie ",
          "en", " the is my do i how to a can of you what was with ");

  private Languages() {}

  static String detect(String text) {
    int kana = 0;
    int han = 0;
    int arabic = 0;
    int hangul = 0;
    for (int i = 0; i < text.length(); i++) {
      switch (Character.UnicodeScript.of(text.charAt(i))) {
        case HIRAGANA, KATAKANA -> kana++;
        case HAN -> han++;
        case ARABIC -> arabic++;
        case HANGUL -> hangul++;
        default -> {}
      }
    }
    if (kana > 0) {
      return "ja";
    }
    if (han > 1) {
      return "zh";
    }
    if (arabic > 1) {
      return "ar";
    }
    if (hangul > 1) {
      return "ko";
    }
    String best = "en";
    int most = 0;
    for (Map.Entry<String, String> entry : new TreeMap<>(WORDS).entrySet()) {
      int hits = 0;
      for (String word : text.toLowerCase(Locale.ROOT).split("[^\\p{L}]+")) {
        hits += entry.getValue().contains(" " + word + " ") ? 1 : 0;
      }
      if (hits > most || (hits == most && hits > 0 && entry.getKey().equals("en"))) {
        most = hits;
        best = entry.getKey();
      }
    }
    return best;
  }
}
