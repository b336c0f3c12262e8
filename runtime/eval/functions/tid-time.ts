// `tid_time(rkey)`: when a TID was made (atproto.com/specs/tid).

import { instantAt } from "../time.ts";
import { textOf, type Value } from "../values.ts";

/** Base32-sortable: 13 characters, the first of which has its high bit clear. */
const TID = /^[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}$/;
const DIGITS = "234567abcdefghijklmnopqrstuvwxyz";
/** The last two characters are the clock's id, what stands before them is microseconds. */
const TIME_CHARACTERS = 11;

/** The instant, to the millisecond; null when the record key is not a TID. The author's claim. */
export function tidTime(rkey: Value): Value {
  const text = textOf(rkey);
  if (text === null || !TID.test(text)) return null;
  let micros = 0;
  for (const digit of text.slice(0, TIME_CHARACTERS)) micros = micros * 32 + DIGITS.indexOf(digit);
  return instantAt(Math.floor(micros / 1000));
}
