package io.tracewell.examples;

/** One of the demo's applications. */
interface Application {
  /** Opens a conversation; each message in it becomes a trace. */
  Conversation open(String session, String user);

  /** A conversation of one user. */
  interface Conversation {
    /** Answers a message. Throws where the application fails. */
    String say(String message);
  }
}
