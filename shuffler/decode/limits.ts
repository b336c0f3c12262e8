// What a frame may hold. The sync specification's own limits (atproto.com/specs/sync); one past any of
// them is refused before anything is read from it.

/** A whole frame: header and body. */
export const FRAME_BYTES_MAX = 5_000_000;
/**
 * Largest message taken off a socket or out of a recording: well over the frame limit, so that an oversize
 * frame reaches the decoder and is refused there, and the ones behind it are still read.
 */
export const MESSAGE_BYTES_MAX = 16_777_216;
/** The CAR in a `#commit` or `#sync`. */
export const BLOCKS_BYTES_MAX = 2_000_000;
/** The blocks of that CAR: 200 operations in a large repo bring a third of them. */
export const COMMIT_BLOCKS_MAX = 8192;
/** One record block. */
export const RECORD_BYTES_MAX = 1_000_000;
/** A record's path, the key of a repo's tree: collection 317, slash, record key 512. */
export const TREE_KEY_BYTES_MAX = 830;
/** Nodes from the root of such a tree to a key: one more leading zero pair of its hash a level, 128 are all of them. */
export const TREE_DEPTH_MAX = 128;
/** Operations in one `#commit`. */
export const COMMIT_OPS_MAX = 200;
/**
 * Records that one `#commit` gives, each counted for every operation that names it: twice what its blocks may hold, so
 * that records which are alike pass, and one large block that 200 operations name does not.
 */
export const COMMIT_RECORDS_BYTES_MAX = 4_000_000;
/** Fields of a map in a frame: the longest has 13. */
export const FRAME_FIELDS_MAX = 64;
/** Nesting of maps and lists in a record; deeper ones are refused so that readers may recurse. */
export const RECORD_DEPTH_MAX = 64;
/** The `status` of an `#account`: the known ones have up to 14, and unknown ones are passed on. */
export const STATUS_CHARS_MAX = 64;
