// What three readers' answers are told in.

/** What a reader makes of a frame: lines of what it would publish, or why it refuses all of it. */
export type Reading =
  | { readonly events: readonly string[]; readonly wrong: readonly string[] }
  | { readonly refused: string };

export function line(did: unknown, action: string, path: string): string {
  return `${String(did)} ${action} ${path}`;
}
