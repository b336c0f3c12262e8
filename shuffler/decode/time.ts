// The relay's `time`: an RFC 3339 instant as atproto.com/specs/lexicon#datetime has it, read strictly.

const DATETIME =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,20}))?(Z|([+-])(\d\d):(\d\d))$/;

/**
 * Milliseconds since the epoch, finer fractions cut off, of the text in `bytes` from `start` to `end`; null
 * when it is no such instant (a leap second, 31 February and `-00:00` are none).
 */
export function parseDatetimeAt(bytes: Buffer, start: number, end: number): number | null {
  return parseUsual(bytes, start, end) ?? parseAny(bytes.toString("utf8", start, end));
}

/** The day that was parsed last, and its first millisecond: one frame's is mostly the next one's. */
const lastDay = { text: Buffer.alloc(0), ms: 0 };
/** Length of `2026-07-04T12:00:00.123Z`, and of the part that is the day. */
const USUAL_LENGTH = 24;
const DAY_LENGTH = 10;

/** The form that relays write, on the day parsed last; null for any other, which may be well formed. */
function parseUsual(bytes: Buffer, start: number, end: number): number | null {
  if (end - start !== USUAL_LENGTH || lastDay.text.length !== DAY_LENGTH) return null;
  for (let i = 0; i < DAY_LENGTH; i += 1) if (bytes[start + i] !== lastDay.text[i]) return null;
  if (bytes[start + 10] !== T || bytes[start + 19] !== DOT || bytes[start + 23] !== Z) return null;
  if (bytes[start + 13] !== COLON || bytes[start + 16] !== COLON) return null;
  const hour = digits(bytes, start + 11, 2);
  const minute = digits(bytes, start + 14, 2);
  const second = digits(bytes, start + 17, 2);
  const ms = digits(bytes, start + 20, 3);
  if (!(hour <= 23 && minute <= 59 && second <= 59 && ms <= 999)) return null;
  return lastDay.ms + ((hour * 60 + minute) * 60 + second) * 1000 + ms;
}

/** The number of `count` digits at `at`; NaN when something else stands there. */
function digits(bytes: Buffer, at: number, count: number): number {
  let value = 0;
  for (let i = at; i < at + count; i += 1) {
    const digit = (bytes[i] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}

const [ZERO, COLON, DOT, T, Z] = [0x30, 0x3a, 0x2e, 0x54, 0x5a];

/** The first year that a datetime of atproto may have. */
const YEAR_MIN = 10;

function parseAny(text: string): number | null {
  const match = DATETIME.exec(text);
  if (match === null) return null;
  const field = (i: number): number => Number(match[i] ?? 0);
  const [hour, minute, second] = [field(4), field(5), field(6)];
  if (hour > 23 || minute > 59 || second > 59 || field(10) > 23 || field(11) > 59) return null;
  if (match[8] === "-00:00") return null;
  // `Date.UTC` takes a year below 100 for one of the last century.
  const dayMs = new Date(0).setUTCFullYear(field(1), field(2) - 1, field(3));
  const day = new Date(dayMs);
  if (day.getUTCMonth() !== field(2) - 1 || day.getUTCDate() !== field(3)) return null;
  if (field(1) < YEAR_MIN) return null;
  lastDay.text = Buffer.from(text.slice(0, DAY_LENGTH));
  lastDay.ms = dayMs;
  const ms = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  const offsetMs = (field(10) * 60 + field(11)) * 60_000 * (match[9] === "-" ? -1 : 1);
  return dayMs + ((hour * 60 + minute) * 60 + second) * 1000 + ms - offsetMs;
}
