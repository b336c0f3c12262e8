// Faults of what reads files: their compression, their lines, what they hold.

import type { Mutant } from "../mutant.ts";

const FILE_BYTES = ["shuffler/sources/file-bytes.test.ts"];
const JSON_LINE = ["shuffler/sources/json-line.test.ts"];
const RUN_FILES = ["cli/commands/run-files.test.ts"];

export const SOURCE_FAULTS: readonly Mutant[] = [
  {
    file: "shuffler/sources/zstd-bytes.ts",
    find: "if (!frames.isWhole) throw cutOff(name, read);",
    replace: "if (!frames.isWhole && read === 0) throw cutOff(name, read);",
    suite: FILE_BYTES,
    why: "a file that was cut off is taken for all there is",
  },
  {
    file: "shuffler/sources/zstd-frames.ts",
    find: 'return this.#hasChecksum ? "checksum" : "magic";',
    replace: 'return "magic";',
    suite: FILE_BYTES,
    why: "what stands behind the first frame is lost",
  },
  {
    file: "shuffler/sources/zstd-frames.ts",
    find: "this.#left = ((header >> 1) & 3) === RLE ? 1 : header >> 3;",
    replace: "this.#left = header >> 3;",
    suite: FILE_BYTES,
    why: "a block of one repeated byte is taken to be as long as what it stands for",
  },
  {
    file: "shuffler/sources/gzip-bytes.ts",
    find: "for (let members = 0; await input.hasMember(members > 0); members += 1) {",
    replace: "for (let members = 0; members < 1; members += 1) {",
    suite: FILE_BYTES,
    why: "what stands behind the first member is lost",
  },
  {
    file: "shuffler/sources/gzip-bytes.ts",
    find: "if (!isGood) throw",
    replace: "if (!isGood && length === 0) throw",
    suite: FILE_BYTES,
    why: "a byte that has changed goes unseen",
  },
  {
    file: "shuffler/recorder.ts",
    find: "[constants.ZSTD_c_checksumFlag]: 1",
    replace: "[constants.ZSTD_c_checksumFlag]: 0",
    suite: ["shuffler/sources/recording.test.ts"],
    why: "a byte of a recording that has changed goes unseen",
  },
  {
    file: "shuffler/sources/json-line.ts",
    find: "if (colons !== countKeys(json)) {",
    replace: "if (colons < countKeys(json)) {",
    suite: JSON_LINE,
    why: "of two values of a key the first is lost in silence",
  },
  {
    file: "shuffler/sources/json-line.ts",
    find: "return exact >= INT64_MIN && exact <= UINT64_MAX ? exact : value;",
    replace: "return value;",
    suite: JSON_LINE,
    why: "integers of 64 bits change on their way",
  },
  {
    file: "shuffler/decode/commit.ts",
    find: "if (!cursor.sorted) requireKeysOnce(block);",
    replace: "if (cursor.sorted) requireKeysOnce(block);",
    suite: ["shuffler/decode/record-keys.test.ts"],
    why: "two readers of a record may take two values for the truth",
  },
  {
    file: "shuffler/sources/jetstream.ts",
    find: "if (last !== undefined && isCut(last, items.at(-1))) {",
    replace: "if (last === undefined && isCut(last, items.at(-1))) {",
    suite: RUN_FILES,
    why: "a file that ends inside of a line is taken for all there is",
  },
  {
    file: "cli/nothing-read.ts",
    find: "if (eventsTotal(counters) > 0 || rejected.size === 0) return null;",
    replace: "if (rejected.size >= 0) return null;",
    suite: RUN_FILES,
    why: "a command that has read nothing is taken for a success",
  },
];
