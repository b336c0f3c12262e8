// Which hashtags people use, and when: a long tail by Zipf's law, with a few tags that burst for
// some minutes and fade, so that trends have something to show.
import { at, type Random, type WeightedDraw, weightedDraw, zipfWeights } from "./random.ts";

/** A tag that rises in a triangle over part of the recording. Times are fractions of its length. */
type Burst = {
  readonly tag: string;
  readonly from: number;
  readonly peak: number;
  readonly until: number;
  /** Share of all tag uses at the peak. */
  readonly height: number;
};

/** In order of popularity. */
const TAGS = (
  "art photography music gaming books cats garden coding film science birds caturday baking " +
  "writing fotografia 写真 climate history math astronomy cycling イラスト música indiedev ocean " +
  "poetry trains maps knitting chess Kunst 猫 linguistics synth ceramics football hiking comics " +
  "theatre architecture Lesestoff opensource library filmphotography cinema volcano tea " +
  "minimalism origami 빵 radio archives typography mushrooms dinossauros puzzles ferry jazz " +
  "gezellig кава volunteer retro sketchbook"
).split(" ");

const BURSTS: readonly Burst[] = [
  { tag: "eclipse", from: 0.1, peak: 0.25, until: 0.5, height: 0.3 },
  { tag: "LighthouseDay", from: 0.0, peak: 0.05, until: 0.3, height: 0.16 },
  { tag: "goal", from: 0.42, peak: 0.5, until: 0.62, height: 0.28 },
  { tag: "花火", from: 0.55, peak: 0.7, until: 0.85, height: 0.2 },
  { tag: "thunderstorm", from: 0.62, peak: 0.8, until: 1.0, height: 0.26 },
  { tag: "finale", from: 0.82, peak: 0.97, until: 1.1, height: 0.3 },
];

const TAG_EXPONENT = 0.75;
const SHOUTED_SHARE = 0.08;
const CAPITALISED_SHARE = 0.12;

/** Draws the hashtag (no `#`, written as the author would) for a post at this point of time. */
export type HashtagDraw = (random: Random, progress: number) => string;

/** @returns a draw whose `progress` argument is 0 at the start of the recording and 1 at its end. */
export function createHashtagDraw(): HashtagDraw {
  const drawTail = weightedDraw(zipfWeights(TAGS.length, TAG_EXPONENT));
  return (random, progress) => {
    const tag = drawBurst(random, progress) ?? at(TAGS, drawTail(random));
    return asTyped(random, tag);
  };
}

function drawBurst(random: Random, progress: number): string | null {
  const heights = BURSTS.map((burst) => heightAt(burst, progress));
  const total = heights.reduce((sum, height) => sum + height, 0);
  if (!random.chance(total)) return null;
  const draw: WeightedDraw = weightedDraw(heights);
  return at(BURSTS, draw(random)).tag;
}

function heightAt({ from, peak, until, height }: Burst, progress: number): number {
  if (progress <= from || progress >= until) return 0;
  const rise = (progress - from) / (peak - from);
  const fall = (until - progress) / (until - peak);
  return height * Math.min(rise, fall);
}

/** The same tag comes in several spellings; readers are meant to fold the case. */
function asTyped(random: Random, tag: string): string {
  const draw = random.unit();
  if (draw < SHOUTED_SHARE) return tag.toUpperCase();
  if (draw < SHOUTED_SHARE + CAPITALISED_SHARE) {
    return tag.charAt(0).toUpperCase() + tag.slice(1);
  }
  return tag;
}
