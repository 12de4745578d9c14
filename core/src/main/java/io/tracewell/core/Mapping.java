package io.tracewell.core;

import java.util.List;

/**
 * How a span's attributes became its fields.
 *
 * @param rules true where the span came with attributes that conventions are read from; false where
 *     its protocol names the fields itself, so that there is nothing to explain about attributes
 * @param kind what the span does, by today's rules
 * @param kindRule the rule that decided it
 * @param dialects conventions that were recognised, the deciding one first
 * @param attributes each attribute, in the order it was sent; one that holds others is followed by
 *     those of them that are read
 * @param empty fields that nothing filled
 * @param warnings what was wrong with the span, {@code code: sentence}
 */
public record Mapping(
    boolean rules,
    SpanKind kind,
    String kindRule,
    List<Dialect> dialects,
    List<Attribute> attributes,
    List<Empty> empty,
    List<String> warnings) {

  /** What became of an attribute. */
  public enum Outcome {
    /** It became the field. */
    FIELD,
    /** Another attribute that says the same counts before it. */
    SHADOWED,
    /** No convention knows it; it is kept as metadata. */
    METADATA,
    /** Known, and of no use to a reader; it is in the raw span. */
    IGNORED,
    /** It may hold a secret; its value was not kept. */
    HIDDEN,
    /** JSON whose parts are attributes of their own. */
    PARTS
  }

  /**
   * A convention that was recognised.
   *
   * @param by what showed it: {@code scope}, or the first attribute that did
   */
  public record Dialect(String name, String by) {}

  /**
   * @param event name of the span event it stands on; empty for the span's own
   * @param field the field, empty where there is none
   * @param dialect the convention that knows it, empty where none does
   * @param by for {@link Outcome#SHADOWED}: the attribute that counts instead
   */
  public record Attribute(
      String key, String event, Outcome outcome, String field, String dialect, String by) {}

  /**
   * A field that is empty.
   *
   * @param why in a sentence
   * @param keys attributes that would fill it
   */
  public record Empty(String field, String why, List<String> keys) {}
}
