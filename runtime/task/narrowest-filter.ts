// One consumer for many readers, with one filter: the narrowest that lets through what any of them wants.
//
//   f.03.commit.create.app.bsky.feed.post  and  f.03.watermark   →   f.03.>
//
// One and no more: with two filters the server (2.15.1) looks for the next message of each, which costs it 20
// to 70 µs a message; with one it walks on, which costs 4 µs, so that reading everything and dropping what
// nobody wants is cheaper even where that is nearly everything (bench/RESULTS.md).

/** @param filters at least one */
export function narrowestFilter(filters: Iterable<string>): string {
  return [...new Set(filters)].reduce(narrowestOf);
}

/** Whether everything that `filter` lets through is let through by `wide`. */
export function isCovered(filter: string, wide: string): boolean {
  return narrowestOf(wide, filter) === wide;
}

/** The narrowest filter that lets through what either does, token by token. */
function narrowestOf(a: string, b: string): string {
  if (a === b) return a;
  const [left, right] = [a.split("."), b.split(".")];
  const tokens: string[] = [];
  for (let i = 0; ; i += 1) {
    const [one, other] = [left[i], right[i]];
    if (one === undefined && other === undefined) return tokens.join(".");
    // `a.>` takes at least one more token: where one of the two has ended, the token before gives way.
    if (one === undefined || other === undefined) return endless(tokens.slice(0, -1));
    if (one === ">" || other === ">") return endless(tokens);
    tokens.push(one === other ? one : "*");
  }
}

/** Without `*` in front of `>`: for all subjects of a stream the server need not match at all. */
function endless(tokens: readonly string[]): string {
  const end = tokens.findLastIndex((token) => token !== "*") + 1;
  return [...tokens.slice(0, end), ">"].join(".");
}
