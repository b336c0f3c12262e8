// Cuts a run of bytes into lines, with a limit on their length.

const LINE_FEED = 0x0a;

/** A line without its line feed. */
export type Line = {
  readonly number: number;
  /** Null when it was longer than the limit and was passed over. */
  readonly bytes: Buffer | null;
  /** Whether a line feed ended it. */
  readonly ended: boolean;
};

/** @yields the lines of each chunk, numbered from 1; the last one need not end in a line feed. */
export async function* linesOf(
  chunks: AsyncIterable<Buffer>,
  bytesMax: number,
): AsyncGenerator<Line[]> {
  let parts: Buffer[] = [];
  let bytes = 0;
  let number = 0;
  const finish = (ended: boolean): Line => {
    number += 1;
    const line = { number, bytes: bytes > bytesMax ? null : Buffer.concat(parts), ended };
    parts = [];
    bytes = 0;
    return line;
  };
  const add = (part: Buffer): void => {
    bytes += part.length;
    if (bytes > bytesMax) parts = [];
    else parts.push(part);
  };
  for await (const chunk of chunks) {
    const lines: Line[] = [];
    let at = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, at)) {
      add(chunk.subarray(at, end));
      lines.push(finish(true));
      at = end + 1;
    }
    add(chunk.subarray(at));
    if (lines.length > 0) yield lines;
  }
  if (bytes > 0) yield [finish(false)];
}
