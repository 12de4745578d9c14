package io.tracewell.server.metadata;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.TextNode;
import io.tracewell.server.http.ApiException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Records as CSV (RFC 4180); cells hold JSON, or text where it is none. */
final class Csv {
  private static final ObjectReader WHOLE =
      Documents.JSON.reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private Csv() {}

  /** The first file of a multipart body; the body itself where it is none. */
  static String file(@Nullable String contentType, byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8);
    String type = contentType == null ? "" : contentType;
    int at = type.toLowerCase(Locale.ROOT).indexOf("boundary=");
    if (at < 0) {
      return text;
    }
    String boundary = type.substring(at + "boundary=".length()).strip();
    if (boundary.startsWith("\"")) {
      int end = boundary.indexOf('"', 1);
      boundary = boundary.substring(1, end < 0 ? boundary.length() : end);
    } else if (boundary.indexOf(';') >= 0) {
      boundary = boundary.substring(0, boundary.indexOf(';')).strip();
    }
    for (String part : text.split(java.util.regex.Pattern.quote("--" + boundary), -1)) {
      int head = part.indexOf("\r\n\r\n");
      if (head >= 0 && part.substring(0, head).toLowerCase(Locale.ROOT).contains("filename")) {
        String content = part.substring(head + 4);
        return content.endsWith("\r\n") ? content.substring(0, content.length() - 2) : content;
      }
    }
    throw ApiException.badRequest("The multipart body holds no file. Send the CSV as “file”.");
  }

  /** Rows by the names of the first line; short rows have fewer cells. */
  static List<Map<String, String>> rows(String text) {
    List<List<String>> lines = lines(text.startsWith("\ufeff") ? text.substring(1) : text);
    List<Map<String, String>> rows = new ArrayList<>();
    for (int i = 1; i < lines.size(); i++) {
      Map<String, String> row = new LinkedHashMap<>();
      for (int j = 0; j < Math.min(lines.getFirst().size(), lines.get(i).size()); j++) {
        row.put(lines.getFirst().get(j).strip(), lines.get(i).get(j));
      }
      rows.add(row);
    }
    return rows;
  }

  private static List<List<String>> lines(String text) {
    List<List<String>> lines = new ArrayList<>();
    List<String> line = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (quoted) {
        if (c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"') {
          cell.append('"');
          i++;
        } else if (c == '"') {
          quoted = false;
        } else {
          cell.append(c);
        }
      } else if (c == '"' && cell.isEmpty()) {
        quoted = true;
      } else if (c == ',') {
        line.add(cell.toString());
        cell.setLength(0);
      } else if (c == '\n') {
        line.add(cell.toString());
        cell.setLength(0);
        add(lines, line);
        line = new ArrayList<>();
      } else if (c != '\r') {
        cell.append(c);
      }
    }
    if (quoted) {
      throw ApiException.badRequest("A quote of the CSV is never closed. Nothing was changed.");
    }
    line.add(cell.toString());
    add(lines, line);
    return lines;
  }

  private static void add(List<List<String>> lines, List<String> line) {
    if (line.size() > 1 || !line.getFirst().isEmpty()) {
      lines.add(line);
    }
  }

  /** JSON of a cell; null for an empty one, text for what is no JSON. */
  static JsonNode value(String cell) {
    if (cell.isEmpty()) {
      return Documents.JSON.nullNode();
    }
    try {
      return WHOLE.readTree(cell);
    } catch (JsonProcessingException e) {
      return TextNode.valueOf(cell);
    }
  }

  /** A line of these cells. */
  static String row(String... cells) {
    StringBuilder line = new StringBuilder();
    for (String cell : cells) {
      line.append(line.isEmpty() ? "" : ",");
      line.append('"').append(cell.replace("\"", "\"\"")).append('"');
    }
    return line.append("\r\n").toString();
  }
}
