// One consumer for many readers: the filters that let through what any of them wants. A server refuses
// filters that overlap, so two that do become the narrowest one that covers both:
//
//   f.03.commit.*.app.bsky.feed.post  and  f.03.commit.create.>   →   f.03.commit.*.>

/** With more filters than this the server's matching costs more than the messages it saves. */
export const UNION_FILTERS_MAX = 128;
/** Tokens that every reader of the firehose spells out: `atproto.firehose.<partition>`. */
const PREFIX_TOKENS = 3;

/** Filters without overlap that let through all that any of the given ones does. */
export function subjectUnion(filters: Iterable<string>): string[] {
  const union = withoutOverlap(new Set(filters));
  if (union.length <= UNION_FILTERS_MAX) return union;
  return withoutOverlap(new Set(union.map(widest)));
}

/** Whether everything that `filter` lets through is let through by one of `wide`. */
export function isCovered(filter: string, wide: readonly string[]): boolean {
  return wide.some((one) => one === filter || narrowestOf(one, filter) === one);
}

function withoutOverlap(filters: ReadonlySet<string>): string[] {
  const apart: string[] = [];
  for (const filter of filters) {
    let merged = filter;
    for (let i = 0; i < apart.length; ) {
      const other = apart[i] ?? "";
      if (overlap(merged, other)) {
        merged = narrowestOf(merged, other);
        apart.splice(i, 1);
        i = 0; // What is wider now may overlap with what was apart before.
      } else i += 1;
    }
    apart.push(merged);
  }
  return apart.sort();
}

function widest(filter: string): string {
  const tokens = filter.split(".");
  return tokens.length <= PREFIX_TOKENS ? filter : `${tokens.slice(0, PREFIX_TOKENS).join(".")}.>`;
}

/** Whether some subject matches both. */
function overlap(a: string, b: string): boolean {
  const [left, right] = [a.split("."), b.split(".")];
  for (let i = 0; ; i += 1) {
    const [one, other] = [left[i], right[i]];
    if (one === undefined || other === undefined) return one === other;
    if (one === ">" || other === ">") return true;
    if (one !== other && one !== "*" && other !== "*") return false;
  }
}

/** The narrowest filter that lets through what either does, token by token. */
function narrowestOf(a: string, b: string): string {
  const [left, right] = [a.split("."), b.split(".")];
  const tokens: string[] = [];
  for (let i = 0; left[i] !== undefined || right[i] !== undefined; i += 1) {
    const [one, other] = [left[i], right[i]];
    if (one === undefined || other === undefined || one === ">" || other === ">") {
      return endless(tokens);
    }
    tokens.push(one === other ? one : "*");
  }
  return tokens.join(".");
}

/** `a.>` takes at least one more token; where one of the two ends here, that token has to give way. */
function endless(tokens: readonly string[]): string {
  return [...tokens, ">"].join(".");
}
