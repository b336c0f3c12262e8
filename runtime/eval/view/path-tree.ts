// The paths that a stage reads of its events, as a tree: what the walk over an event's bytes looks for.

/** One name on a path. Its slot is where the walk notes the item it found. */
export type PathNode = {
  /** UTF-8, as it stands in the event. */
  readonly name: Uint8Array;
  readonly length: number;
  readonly slot: number;
  readonly children: PathLevel;
  /** Whether the item may stand in a byte string, with the keys of its maps in DAG-CBOR order. */
  readonly embedded: boolean;
};

/** The names that are read of one map. */
export type PathLevel = {
  readonly nodes: PathNode[];
  /** Bit n: there is a name of n bytes. Names of 32 and more do not show. */
  lengths: number;
};

export class PathTree {
  readonly roots: PathLevel = { nodes: [], lengths: 0 };
  readonly #embedded: string;
  #slots = 0;

  /** @param embedded the root that may stand in a byte string */
  constructor(embedded: string) {
    this.#embedded = embedded;
  }

  /** How many slots there are. */
  get slots(): number {
    return this.#slots;
  }

  /** The node at the end of `path`, made if it is not there yet. */
  node(path: readonly string[]): PathNode {
    let level = this.roots;
    let found: PathNode | undefined;
    for (const name of path) {
      const embedded = level === this.roots && name === this.#embedded;
      found = this.#child(level, Buffer.from(name), embedded);
      level = found.children;
    }
    if (found === undefined) throw new Error("invariant broken: a path has no names");
    return found;
  }

  #child(level: PathLevel, name: Uint8Array, embedded: boolean): PathNode {
    const known = level.nodes.find((node) => Buffer.compare(node.name, name) === 0);
    if (known !== undefined) return known;
    const { length } = name;
    const children = { nodes: [], lengths: 0 };
    const made = { name: Uint8Array.from(name), length, slot: this.#slots, children, embedded };
    this.#slots += 1;
    if (length < 32) level.lengths |= 1 << length;
    level.nodes.push(made);
    level.nodes.sort((a, b) => a.length - b.length || Buffer.compare(a.name, b.name));
    return made;
  }
}

/** Whether text of a record can only be `text` when its bytes are: what is not UTF-8 reads as U+FFFD. */
export function hasOwnBytes(text: string): boolean {
  return text.isWellFormed() && !text.includes("\ufffd");
}
