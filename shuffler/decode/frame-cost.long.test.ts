// How long a frame may take: not in `npm test`, where whatever else runs on the machine would count.
//   npx vitest run --config vitest.long.config.ts shuffler/decode/frame-cost.long.test.ts

import { expect, it } from "vitest";
import { Shuffler } from "../shuffle.ts";
import { hostileFrames, workOn } from "../testing/hostile-frames.ts";

/** Of CPU for one frame: a commit as most are takes a thousandth of it. */
const FRAME_MS_MAX = 50;
const TRIES = 5;

/** CPU of the best of some tries, which others on the machine slow down least. */
function leastMs(run: (attempt: number) => void): number {
  const times = Array.from({ length: TRIES }, (_, attempt) => {
    const before = process.cpuUsage();
    run(attempt);
    return process.cpuUsage(before).user / 1000;
  });
  return Math.min(...times);
}

it.each(Object.entries(hostileFrames()))(
  "a frame of %s takes no longer than it may",
  (name, frame) => {
    const ms = leastMs((attempt) => {
      const options = { partitions: 1, maxPayloadBytes: 8_000_000, relay: "relay.test" };
      workOn(frame, new Shuffler(options), attempt + 1);
    });
    process.stdout.write(`${name}: ${frame.length} bytes, ${ms.toFixed(1)} ms\n`);
    expect(ms).toBeLessThan(FRAME_MS_MAX);
  },
);
