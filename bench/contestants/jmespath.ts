// jmespath.js, for the filter: it parses its expressions at every call, since it exports no way to keep one.

import jmespath from "jmespath";
import { readLines } from "../data/messages.ts";
import type { OpenContestant, Row } from "../suite/contestant.ts";
import { parseLine } from "./jetstream-event.ts";

const HOLDS =
  "contains(not_null(commit.record.langs, `[]`), 'en') && !(commit.record.reply) && length(not_null(commit.record.text, '')) > `40`";
const FIELDS =
  "{did: did, rkey: commit.rkey, text: commit.record.text, langs: commit.record.langs}";

export const openJmespath: OpenContestant = async (query, files) => {
  if (query !== "filter-map") throw new Error(`jmespath.js has no part in ${query}`);
  const lines = await readLines(files.lines);
  return {
    round: () => {
      const kept: Row[] = [];
      for (const line of lines) {
        const event = parseLine(line);
        if (jmespath.search(event, HOLDS) === true) kept.push(jmespath.search(event, FIELDS));
      }
      return { events: lines.length, rows: () => kept };
    },
  };
};
