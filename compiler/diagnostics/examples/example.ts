// What an example of a code is: a program that earns it, and the same program put right.

/** A program, and what it is compiled with. */
export type ExampleProgram = {
  readonly text: string;
  readonly params?: Readonly<Record<string, string>>;
  /** The files it can import, by path. */
  readonly imports?: Readonly<Record<string, string>>;
  /** Topics that files beside it write. */
  readonly topics?: readonly string[];
};

export type Example = {
  readonly wrong: ExampleProgram;
  /** Null where nothing that is written otherwise does the same. */
  readonly right: ExampleProgram | null;
};

/** Two whole programs. */
export function programs(
  wrong: string,
  right: string | null,
  given: Omit<ExampleProgram, "text"> = {},
): Example {
  return {
    wrong: { ...given, text: `${wrong}\n` },
    right: right === null ? null : { ...given, text: `${right}\n` },
  };
}

/** Stages over created posts, a line each, that end in a topic. */
export function stages(wrong: string, right: string | null): Example {
  return chains(`${wrong}\n|> to topic('out')`, right && `${right}\n|> to topic('out')`);
}

/** The same with their own sinks. */
export function chains(wrong: string, right: string | null): Example {
  return programs(pipeline(wrong), right && pipeline(right));
}

/** Stages over windows of a minute. */
export function windowed(wrong: string, right: string | null): Example {
  const window = (text: string): string => `window tumbling(size: 1m)\n|> ${text}`;
  return stages(window(wrong), right && window(right));
}

/** Declarations before a pipeline that has nothing wrong. */
export function declarations(
  wrong: string,
  right: string | null,
  given: Omit<ExampleProgram, "text"> = {},
): Example {
  const before = (text: string): string => `${text}\n${PLAIN}`;
  return programs(before(wrong), right && before(right), given);
}

/** What stands in the braces of a test of a pipeline that has nothing wrong. */
export function tests(wrong: string, right: string): Example {
  const behind = (lines: string): string =>
    `${PLAIN}\ntest 'a sentence' for p {\n${indented(lines)}\n}`;
  return programs(behind(wrong), behind(right));
}

const PLAIN = `pipeline p {
  from firehose('app.bsky.feed.post')
  |> to topic('out')
}`;

function pipeline(chain: string): string {
  const head = "from firehose('app.bsky.feed.post')\n|> filter op == 'create'\n|> ";
  return `pipeline p {\n${indented(head + chain)}\n}`;
}

function indented(lines: string): string {
  return lines.replace(/^/gm, "  ");
}
