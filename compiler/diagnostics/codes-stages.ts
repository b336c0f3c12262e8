// Pages of the diagnostics of windows, state, sinks, and of warnings.

/** Codes of windows and state (04xx). */
export const STATE_CODES = {
  FPL0401: {
    title: "Unknown kind of window",
    text: "Windows are `tumbling(size: 1m)`, `hopping(size: 10m, every: 1m)` and `session(gap: 10m, max: 2h)`.",
  },
  FPL0402: {
    title: "Gaps between windows",
    text: "With `every` longer than `size` some records would fall in no window; with `gap` longer than `max` no session would end by its gap.",
  },
  FPL0403: {
    title: "Too many windows per record",
    text: "A record counts in size / every windows, at most 1440. Make `every` longer.",
  },
  FPL0404: {
    title: "Bad late output",
    text: "`late: side('topic')` sends late records to a topic; without it they are counted and dropped.",
  },
  FPL0405: {
    title: "Unbounded state",
    text: "A `reduce` without a window would keep every key for ever. Put a window before it.",
  },
  FPL0406: {
    title: "Key without a name",
    text: "A key field takes the last name of a plain path. Anything else says `as name`.",
  },
  FPL0407: {
    title: "Neither aggregate nor key",
    text: "In a combined aggregate every field stands inside an aggregate or is a key: there are many records to take it from.",
  },
  FPL0408: {
    title: "Aggregate out of place",
    text: "Aggregates such as `count()` stand in the braces of `reduce`.",
  },
  FPL0409: {
    title: "Name already taken",
    text: "Keys, aggregates and the fields `window` and `time` of a result have different names.",
  },
  FPL0410: {
    title: "Out of range",
    text: "The duration is outside of what the option allows.",
  },
  FPL0411: {
    title: "Option without effect",
    text: "`expire` and `cap` bound a reduce without window; a window bounds itself.",
  },
  FPL0412: {
    title: "Top without windowed reduce",
    text: "`top` ranks the results of one window: it stands after `window` and `reduce`.",
  },
  FPL0413: {
    title: "Key lost before top",
    text: "`top` breaks ties by key, so that its answer is always the same. Keep the key fields in the `map` before it.",
  },
  FPL0414: {
    title: "Too many stages",
    text: "A pipeline has at most 200 stages. Chain pipelines through a topic.",
  },
  FPL0415: {
    title: "Record changed inside a window",
    text: "With `on:` the window reads a field of the record, so the record may only be filtered before its `reduce`.",
  },
  FPL0416: {
    title: "Window without reduce",
    text: "A window says over what the next `reduce` aggregates; here none follows.",
  },
  FPL0417: {
    title: "Unknown emit",
    text: "`emit final` (the default with windows) or `emit changes(every: 10s)`.",
  },
  FPL0418: {
    title: "Time zone of shorter windows",
    text: "`tz` aligns windows of whole days to the calendar of a zone. Windows of hours or minutes are the same everywhere.",
  },
  FPL0419: {
    title: "Bad branch",
    text: "A branch has 1 to 32 arms, each a chain that ends in a sink, or `drop` alone; `else` stands last. Branches nest at most 8 deep.",
  },
  FPL0420: {
    title: "Emit out of place",
    text: "`emit final` and `emit changes(every: 10s)` stand right behind a `reduce`.",
  },
  FPL0421: {
    title: "Rate without window",
    text: "`rate()` counts per second of its window; without a window there is no length of time to divide by.",
  },
  FPL0422: {
    title: "Unknown time zone",
    text: "`tz` takes the name of an IANA time zone, such as 'Europe/Berlin'.",
  },
  FPL0423: {
    title: "Never final",
    text: "A `reduce` without a window goes on for ever: `emit changes(every: 10s)` behind it says how often what has changed is sent.",
  },
  FPL0424: {
    title: "Changes of sessions",
    text: "Sessions are cut from records in order, once the watermark has passed them; there is nothing to send before one has ended.",
  },
  FPL0480: {
    title: "Not runnable yet",
    text: "The language has this and the parser reads it, but this release cannot run it.",
  },
} as const;

/** Codes of sinks and topics (05xx). */
export const SINK_CODES = {
  FPL0501: {
    title: "Bad topic name",
    text: "Topics are dot-separated words of a-z, 0-9, `_` and `-`, 128 characters at most.",
  },
  FPL0502: {
    title: "Unknown sink",
    text: "Sinks are `to topic('name')`, `to stdout`, `to webhook(…)` and `to feed(…)`.",
  },
  FPL0503: {
    title: "Topic with two owners",
    text: "A topic is written by one pipeline, in one place.",
  },
  FPL0504: {
    title: "No sink",
    text: "A pipeline sends its records somewhere: end it with `to topic('name')` or `to stdout`.",
  },
  FPL0505: {
    title: "Stage after a sink",
    text: "A sink ends a pipeline or the arm of a branch; only further sinks may follow, which get the same records. To go on from what was written, read its topic in another pipeline.",
  },
  FPL0506: {
    title: "Bad collection",
    text: "A collection is an NSID such as 'app.bsky.feed.post', or a pattern such as 'app.bsky.feed.*'.",
  },
  FPL0507: {
    title: "Unknown kind of event",
    text: "`events(…)` takes 'identity', 'account' and 'sync'.",
  },
  FPL0508: {
    title: "Bad dead-letter output",
    text: "`on error to dlq('topic', max: 1000)`",
  },
  FPL0509: {
    title: "Pipeline reads itself",
    text: "A pipeline cannot read a topic it writes.",
  },
  FPL0510: {
    title: "Bad web address",
    text: "A webhook is called at an absolute `https://` or `http://` address.",
  },
  FPL0511: {
    title: "Bad feed name",
    text: "A feed's name is one word of a-z, 0-9, `_` and `-`, 64 characters at most.",
  },
} as const;

/** Codes of warnings (09xx). */
export const WARNING_CODES = {
  FPL0901: {
    title: "Compared with a field in quotes",
    text: "`\"text\"` is a field named text, as in JMESPath; `'text'` is a string.",
  },
  FPL0904: {
    title: "Partitions without key",
    text: "Records are spread over the partitions of a topic by their key; without one they all go to partition 0.",
  },
  FPL0905: {
    title: "Delivered later",
    text: "The records are computed and kept in the topic that the help names; this release does not send them on yet.",
  },
  FPL0906: {
    title: "Never equal",
    text: "The value compared with is none that can stand there, so the comparison always gives the same.",
  },
  FPL0907: {
    title: "Unknown topic",
    text: "No pipeline of this file, or of those beside it, writes the topic that is read, so it may be misspelled. A topic of another program has to be deployed before its reader; then this warning says nothing new.",
  },
  FPL0908: {
    title: "Results may get too large",
    text: "A record has up to 1 MB, and so may each text in it: a list of that many can be larger than a result may be, which is 7 MB, or what the server's `max_payload` leaves. The group is kept and counted all the same, but such a result goes to dead letters. Collect something small, as `uri`, or fewer.",
  },
} as const;
