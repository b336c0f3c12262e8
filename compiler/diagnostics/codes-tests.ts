// Pages of the diagnostics of tests in the language. They are names (03xx) of tests.

/** Codes of tests (033x). */
export const TEST_CODES = {
  FPL0330: {
    title: "Unknown event in a test",
    text: "`given` takes the path of a file, or an event: `post`, `like`, `repost`, `follow`, `event`, `delete`, `identity`, `account` or `sync`.",
  },
  FPL0331: {
    title: "Nothing a test can expect",
    text: "A test expects the records of a topic (`expect 'topic' == [{…}]`, subset match of each, exact number and order), a record in it (`expect 'topic' has {…}`), or a number (`expect length('topic') == 2`, `expect late == 0`).",
  },
  FPL0332: {
    title: "Unknown counter in a test",
    text: "A test may compare the counters `late`, `dead_letters` and `dropped` of its pipeline with a number, and `repeated`, the events of its files that came before. Topics stand in quotes.",
  },
  FPL0333: {
    title: "Unknown topic in a test",
    text: "A test may expect records in the topics that pipelines of its file write, late and dead-letter topics included; `'stdout'` is what its pipeline prints.",
  },
  FPL0334: {
    title: "Watermark going back",
    text: "Watermarks only grow: each `advance watermark to` names a later instant than the one before.",
  },
  FPL0335: {
    title: "Test without the pipeline's input",
    text: "A test runs the pipelines of its file. What reads a topic is tested together with the pipeline that writes it, so that one stands in the same file.",
  },
} as const;
