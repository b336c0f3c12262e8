// Constants of trusted time. Each was measured against made streams (`npm run simulate:clocks`).

import { WATERMARK_DELAY_MS } from "../../plan/event.ts";

/** A claim this far ahead of others is not called ahead. The watermark is behind by as much. */
export const TOLERANCE_MS = WATERMARK_DELAY_MS;
/** A claim further behind the stream's clock than this has no vote and is replaced. */
export const BEHIND_MS = 5000;

/** Frames that follow whose votes count most, and votes among them that prove a claim ahead. */
export const NEAR_FRAMES = 7;
export const NEAR_VOTES = 4;
/** Frames that follow that vote on a claim. */
export const LOCAL_FRAMES = 31;
/** Frames that are asked as well before a claim beyond the clock is believed. */
export const WIDE_FRAMES = 63;
/** A block ends where the position is a multiple of this. */
export const BLOCK_POSITIONS = 32;
/** Least frames of a block: where positions have gaps it goes on to a later multiple. */
export const BLOCK_FRAMES_MIN = 24;
/** Blocks that follow whose quartiles vote, and voters a block needs for that. */
export const BLOCKS = 32;
export const BLOCK_VOTERS_MIN = 4;
/** What an item takes besides its frame. */
export const ITEM_BYTES = 300;
/** Most bytes of items that wait for a decision. */
export const LOOK_AHEAD_BYTES_MAX = 64_000_000;
/** Frames that are remembered, to know those that are given again: 28 bytes each, 3.7 MB. A power of two. */
export const GIVEN_FRAMES = 131_072;
/** How long a frame of a live source waits for those behind it, while we catch up. */
export const HOLD_MS_MAX = 1000;

/** A step of the clock greater than this is a silence, unless the stream is usually as slow. */
export const GAP_MS = 30_000;
/** Advances of the clock that say how fast the stream usually is. */
export const RECENT_ADVANCES = 16;
/** Frames accepted before the clock counts as established. */
export const ESTABLISHED_FRAMES = 64;
/** Contradicted but outvoted claims after which a minority is no longer enough to hold the clock back. */
export const ESCALATION_FRAMES = 480;
/** With so many more frames behind the clock than not, it stands still until they catch up. */
export const FROZEN_FRAMES = 8192;

/** Frames that the wall clock is compared with. */
export const WITNESS_FRAMES = 255;
/** Of so many at the start three quarters have to be ahead of the wall clock to disprove it. */
export const WITNESS_FRAMES_MIN = 31;
/** How far a claim may be ahead of a wall clock that is trusted. */
export const WALL_TOLERANCE_MS = 1000;
/** We are at the present of a live source while half of its frames are no older than this. */
export const FRESH_MS = 5000;
/** The wall clock is believed or not once the frames have said so for longer than both. */
export const DOUBT_FRAMES = 1024;
export const DOUBT_MS = 60_000;

/** A live source that gives nothing for so long is quiet: its clock follows the wall clock. */
export const QUIET_MS = 1000;
/** How far the clock of a quiet source stays behind the wall clock, beside what its events usually take. */
export const QUIET_SLACK_MS = 1000;
