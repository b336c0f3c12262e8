// TIDs (atproto's sortable ids) from simulated time. `@atproto/repo` takes them from the wall clock,
// which would make two runs of one seed differ. Spec: https://atproto.com/specs/tid

const SORTABLE_BASE32 = "234567abcdefghijklmnopqrstuvwxyz";
const TID_LENGTH = 13;
const CLOCK_ID_BITS = 10n;

/** @param clockId 0–1023, tells apart machines that make ids in the same microsecond. */
export function tidOf(timeMicros: number, clockId: number): string {
  let rest = (BigInt(timeMicros) << CLOCK_ID_BITS) | BigInt(clockId);
  let tid = "";
  for (let place = 0; place < TID_LENGTH; place += 1) {
    tid = SORTABLE_BASE32.charAt(Number(rest & 31n)) + tid;
    rest >>= 5n;
  }
  return tid;
}

/** Gives each TID a later time than the one before, however the clock behaves. */
export type TidClock = { next(timeMs: number): string };

export function createTidClock(clockId: number): TidClock {
  let lastMicros = 0;
  return {
    next(timeMs) {
      lastMicros = Math.max(Math.floor(timeMs * 1000), lastMicros + 1);
      return tidOf(lastMicros, clockId);
    },
  };
}
