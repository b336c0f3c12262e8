// How far a frame is checked before its events are published.

/**
 * At every level a record is what its CID says. `structure`: the commit block is there and is this repo's
 * and revision's. `signature`: it is signed by the account's key, and the repo's tree holds what the
 * operations say.
 */
export const VERIFY_LEVELS = ["none", "structure", "signature"] as const;
export type VerifyLevel = (typeof VERIFY_LEVELS)[number];
