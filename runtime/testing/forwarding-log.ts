// A log that passes everything on, to be changed in one place by those that extend it.

import type { Log } from "../ports.ts";

export class ForwardingLog implements Log {
  protected readonly log: Log;

  constructor(log: Log) {
    this.log = log;
  }

  get messageBytesMax(): number {
    return this.log.messageBytesMax;
  }
  read(...args: Parameters<Log["read"]>): ReturnType<Log["read"]> {
    return this.log.read(...args);
  }
  last(...args: Parameters<Log["last"]>): ReturnType<Log["last"]> {
    return this.log.last(...args);
  }
  readAll(...args: Parameters<Log["readAll"]>): ReturnType<Log["readAll"]> {
    return this.log.readAll(...args);
  }
  firstSeq(...args: Parameters<Log["firstSeq"]>): ReturnType<Log["firstSeq"]> {
    return this.log.firstSeq(...args);
  }
  lastSeq(...args: Parameters<Log["lastSeq"]>): ReturnType<Log["lastSeq"]> {
    return this.log.lastSeq(...args);
  }
  seqAtTime(...args: Parameters<Log["seqAtTime"]>): ReturnType<Log["seqAtTime"]> {
    return this.log.seqAtTime(...args);
  }
  commit(...args: Parameters<Log["commit"]>): ReturnType<Log["commit"]> {
    return this.log.commit(...args);
  }
  purge(...args: Parameters<Log["purge"]>): ReturnType<Log["purge"]> {
    return this.log.purge(...args);
  }
}
