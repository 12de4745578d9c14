import datadog.trace.api.llmobs.LLMObs;
import datadog.trace.api.llmobs.LLMObsSpan;

/** So many spans by hand, no faster than the agent can write: beyond 1,024 that wait it drops. */
public class Many {
  public static void main(String[] args) throws Exception {
    int tasks = Integer.parseInt(System.getenv("TASKS"));
    for (int i = 0; i < tasks; i++) {
      LLMObsSpan task = LLMObs.startTaskSpan("task", null, "session-1");
      task.annotateIO("question " + i, "answer " + i);
      task.finish();
      if (i % 200 == 199) {
        Thread.sleep(200);
      }
    }
    Thread.sleep(4_000);
  }
}
