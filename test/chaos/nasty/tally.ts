// The records of one topic against what they must be, whatever their order; millions of them, so only what differs is
// left in memory.

export class Tally {
  readonly topic: string;
  /** Records expected so often more than they came; of those that came too often less than nothing. */
  readonly #missing = new Map<string, number>();
  /** How often each is expected in all. */
  readonly #known: Map<string, number>;
  /** Whether what is missing does not count: the topic began later than the others. */
  readonly #isPart: boolean;
  expected = 0;
  actual = 0;

  constructor(topic: string, known = new Map<string, number>(), isPart = false) {
    this.topic = topic;
    this.#known = known;
    this.#isPart = isPart;
  }

  expect(record: string): void {
    this.expected += 1;
    this.#known.set(record, (this.#known.get(record) ?? 0) + 1);
    this.#add(record, 1);
  }

  take(record: string): void {
    this.actual += 1;
    this.#add(record, -1);
  }

  #add(record: string, count: number): void {
    const left = (this.#missing.get(record) ?? 0) + count;
    if (left === 0) this.#missing.delete(record);
    else this.#missing.set(record, left);
  }

  /** For a topic of the same records, of which some may be missing. */
  expectingTheSame(topic: string): Tally {
    const same = new Tally(topic, this.#known, true);
    for (const [record, count] of this.#known) same.#missing.set(record, count);
    same.expected = this.expected;
    return same;
  }

  get lost(): readonly string[] {
    return this.#isPart ? [] : this.#pick((_record, left) => left > 0);
  }

  get doubled(): readonly string[] {
    return this.#pick((record, left) => left < 0 && this.#known.has(record));
  }

  /** Not expected at all. */
  get changed(): readonly string[] {
    return this.#pick((record, left) => left < 0 && !this.#known.has(record));
  }

  #pick(isOne: (record: string, left: number) => boolean): string[] {
    return [...this.#missing].flatMap(([record, left]) =>
      isOne(record, left) ? new Array<string>(Math.abs(left)).fill(record) : [],
    );
  }
}
