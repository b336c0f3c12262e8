// Lays out the tokens of a file, in order and each exactly once: a walk over the tree only says where
// lines may end. So formatting can lose or reorder nothing.

import type { IToken, TokenType } from "chevrotain";
import * as T from "../syntax/tokens.ts";
import { type Brackets, bracketsOf, CLOSING } from "./brackets.ts";
import type { Doc } from "./document.ts";
import type { Marks } from "./marks.ts";
import { spaceBetween } from "./spacing.ts";
import type { Comment, Placed } from "./trivia.ts";

/** Columns of one level. */
export const INDENT = 2;

/** What stands between two tokens when no comment does. */
export type Gap = "none" | "space" | "soft" | "line" | "hard" | "blank" | "statement";

type Frame = {
  readonly kind: "nest" | "group";
  readonly columns: number;
  readonly parts: Doc[];
  /** Holds a new line that always stands. */
  broken: boolean;
};

export class Layout {
  readonly #tokens: readonly Placed[];
  readonly #brackets: Brackets;
  readonly #marks: Marks;
  readonly #root: Frame = { kind: "nest", columns: 0, parts: [], broken: false };
  readonly #frames: Frame[] = [];
  /** What stands inside the brackets that are open, innermost last. */
  readonly #inner: Gap[] = [];
  #next = 0;
  /** Index of the token whose gap is laid out already. */
  #settled = -1;
  /** Set by the walk for the gap before the next token. */
  #gap: Gap | null = null;

  constructor(tokens: readonly Placed[], marks: Marks) {
    this.#tokens = tokens;
    this.#brackets = bracketsOf(tokens);
    this.#marks = marks;
  }

  /** The next token; undefined behind the last. */
  get token(): IToken | undefined {
    return this.#tokens[this.#next]?.token;
  }

  /** What stands before the next token, instead of what its neighbours ask for. */
  gap(gap: Gap): void {
    this.#gap = gap;
  }

  /** Lays out every token that begins before `offset`. */
  upTo(offset: number): void {
    while (this.token !== undefined && this.token.startOffset < offset) this.#take();
  }

  /** Lays out every token before the next one of `type`. */
  upToType(type: TokenType): void {
    while (this.token !== undefined && this.token.tokenType !== type) this.#take();
  }

  /** Lays out every token to the end of the next bracket. */
  upToBracket(): void {
    while (this.token !== undefined && !this.#brackets.closeOf.has(this.#next)) this.#take();
    const close = this.#brackets.closeOf.get(this.#next) ?? this.#next;
    while (this.#next <= close && this.token !== undefined) this.#take();
  }

  /**
   * Lays out what stands before the next token: before a group is opened, so that a new line or a comment
   * there does not break it.
   */
  settle(): void {
    const placed = this.#tokens[this.#next];
    if (placed === undefined || this.#settled === this.#next) return;
    this.#separate(placed, this.#gap ?? this.#defaultGap());
    this.#gap = null;
    this.#settled = this.#next;
  }

  /** Lays out one token as it stands, without opening or closing a bracket's group. */
  plain(): void {
    const placed = this.#tokens[this.#next];
    if (placed === undefined) return;
    this.settle();
    this.#push({ kind: "text", text: placed.token.image });
    this.#next += 1;
  }

  open(kind: Frame["kind"], columns: number): void {
    this.#frames.push({ kind, columns, parts: [], broken: false });
  }

  close(): void {
    const frame = this.#frames.pop();
    if (frame === undefined) return;
    const { kind, parts, columns, broken } = frame;
    this.#push(kind === "nest" ? { kind, columns, parts } : { kind, broken, parts });
    if (broken) this.#top.broken = true;
  }

  /** Lays out `{` and opens a body of statements. */
  openBody(): void {
    this.plain();
    this.open("nest", INDENT);
  }

  /** Lays out the `}` of a body on a line of its own. */
  closeBody(): void {
    this.#closeWith("hard");
  }

  /** Comments at the end of the file. */
  endComments(comments: readonly Comment[]): void {
    for (const comment of comments) this.#comment(comment);
  }

  parts(): readonly Doc[] {
    return this.#root.parts;
  }

  #take(): void {
    const type = this.token?.tokenType;
    const openedWith = this.#brackets.closeOf.has(this.#next) ? this.#next : null;
    if (openedWith === null && type !== undefined && CLOSING.has(type)) {
      this.#closeWith(this.#inner.pop() ?? "none");
      this.close();
      return;
    }
    this.plain();
    if (openedWith !== null) this.#openBracket(openedWith);
    else if (type === T.Comma) this.#gap = "line";
  }

  /** Opens the group of a bracket just laid out. */
  #openBracket(index: number): void {
    const inner = this.#brackets.gapOf(index);
    this.#inner.push(inner);
    this.open("group", 0);
    this.open("nest", inner === "none" ? 0 : INDENT);
    if (this.#brackets.isOpened(index)) this.#top.broken = true;
    this.#gap = inner;
  }

  /** The closing bracket of the open frame, whose comments stand inside. */
  #closeWith(gap: Gap): void {
    const placed = this.#tokens[this.#next];
    if (placed === undefined) return;
    for (const comment of placed.comments) this.#comment(comment);
    this.close();
    this.#push(...docsOf(placed.comments.length > 0 ? "hard" : gap, false));
    this.#push({ kind: "text", text: placed.token.image });
    this.#gap = null;
    this.#next += 1;
  }

  #defaultGap(): Gap {
    const before = this.#tokens[this.#next - 1]?.token;
    const { token } = this;
    if (before === undefined || token === undefined) return "none";
    return spaceBetween(before, token, this.#marks, this.#brackets.isTight(this.#next))
      ? "space"
      : "none";
  }

  #separate({ comments, blankBefore }: Placed, gap: Gap): void {
    for (const comment of comments) this.#comment(comment, gap === "statement" || gap === "blank");
    const first = this.#next === 0 && comments.length === 0;
    if (first) return;
    if (comments.length === 0) this.#push(...docsOf(gap, blankBefore));
    else this.#hard(isStatement(gap) && blankBefore);
  }

  #comment({ text, ownLine, blankBefore }: Comment, keepBlank = true): void {
    const start = this.#next === 0 && this.#root.parts.length === 0;
    if (!start && ownLine) this.#hard(blankBefore && keepBlank);
    this.#push({ kind: "comment", text: start || ownLine ? text : ` ${text}` });
    this.#top.broken = true;
  }

  #hard(blank: boolean): void {
    this.#push({ kind: "hard", blank });
  }

  get #top(): Frame {
    return this.#frames.at(-1) ?? this.#root;
  }

  #push(...docs: readonly Doc[]): void {
    this.#top.parts.push(...docs);
    if (docs.some(({ kind }) => kind === "hard")) this.#top.broken = true;
  }
}

function isStatement(gap: Gap): boolean {
  return gap === "statement" || gap === "blank";
}

function docsOf(gap: Gap, blankBefore: boolean): Doc[] {
  switch (gap) {
    case "none":
      return [];
    case "space":
      return [{ kind: "text", text: " " }];
    case "soft":
      return [{ kind: "line", flat: "" }];
    case "line":
      return [{ kind: "line", flat: " " }];
    case "hard":
      return [{ kind: "hard", blank: false }];
    case "blank":
      return [{ kind: "hard", blank: true }];
    case "statement":
      return [{ kind: "hard", blank: blankBefore }];
  }
}
