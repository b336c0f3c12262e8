// The relay's `time`: an RFC 3339 instant as atproto.com/specs/lexicon#datetime has it, read strictly.

const DATETIME =
  /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:\.(\d{1,20}))?(Z|([+-])(\d\d):(\d\d))$/;

/**
 * Milliseconds since the epoch, finer fractions cut off; null when `text` is no such instant (a leap
 * second, 31 February and `-00:00` are none).
 */
export function parseDatetime(text: string): number | null {
  const match = DATETIME.exec(text);
  if (match === null) return null;
  const field = (i: number): number => Number(match[i] ?? 0);
  const [hour, minute, second] = [field(4), field(5), field(6)];
  if (hour > 23 || minute > 59 || second > 59 || field(10) > 23 || field(11) > 59) return null;
  if (match[8] === "-00:00") return null;
  const dayMs = Date.UTC(field(1), field(2) - 1, field(3));
  const day = new Date(dayMs);
  if (field(1) < 1000 || day.getUTCMonth() !== field(2) - 1 || day.getUTCDate() !== field(3)) {
    return null;
  }
  const ms = Number((match[7] ?? "").padEnd(3, "0").slice(0, 3));
  const offsetMs = (field(10) * 60 + field(11)) * 60_000 * (match[9] === "-" ? -1 : 1);
  return dayMs + ((hour * 60 + minute) * 60 + second) * 1000 + ms - offsetMs;
}
