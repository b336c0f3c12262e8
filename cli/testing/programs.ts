// Small programs and recordings for the tests of the commands.

import { createSimulatedNetwork } from "../../bench/simulated-relay/network.ts";
import { encodeRecording } from "../../bench/simulated-relay/recording.ts";

/** Writes `counts.minutes`, one record a minute. */
export const COUNTS = `pipeline counts {
  from firehose('app.bsky.feed.*')
  |> filter op == 'create'
  |> window tumbling(size: 1m, late: side('counts.late'))
  |> reduce by collection { n: count() }
  |> to topic('counts.minutes', key: collection)
}
`;

/** Reads what `COUNTS` writes. */
export const HOURS = `pipeline hours {
  from topic('counts.minutes')
  |> window tumbling(size: 1h)
  |> reduce by collection { n: sum(n) }
  |> to topic('counts.hours', key: collection)
}
`;

/** Prints every post there is. */
export const POSTS = `param needle: string = 'post'
pipeline posts {
  from firehose('app.bsky.feed.post')
  |> filter op == 'create'
  |> map { rkey, what: $needle }
  |> to stdout
}
`;

/** An unknown stage on line 3. */
export const TYPO = `pipeline typo {
  from firehose()
  |> filtre op == 'create'
  |> to stdout
}
`;

export const FRAMES = 400;
const MINUTES = 6;

/** Frames of some simulated minutes. */
export async function makeFrames(): Promise<Uint8Array[]> {
  const network = await createSimulatedNetwork({
    seed: 11,
    accounts: 60,
    events: FRAMES,
    durationMs: MINUTES * 60_000,
  });
  const frames: Uint8Array[] = [];
  for await (const { bytes } of network.frames) frames.push(bytes);
  return frames;
}

/** The same as a `.frames.zst` file. */
export async function makeRecording(): Promise<Uint8Array> {
  return encodeRecording(await makeFrames());
}
