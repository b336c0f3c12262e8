import { PassThrough } from "node:stream";
import { describe, expect, it } from "vitest";
import { painter } from "./paint.ts";
import { PROGRESS_LINE_MS, type Stream, Terminal } from "./terminal.ts";

function open({ tty }: { tty: boolean }) {
  const [stdout, stderr] = [stream(tty), stream(tty)];
  let nowMs = 0;
  const terminal = new Terminal({ stdout, stderr, env: {}, nowMs: () => nowMs });
  return {
    terminal,
    stdout,
    advance: (ms: number) => {
      nowMs += ms;
    },
    out: () => String(stdout.read() ?? ""),
    err: () => String(stderr.read() ?? ""),
  };
}

function stream(isTTY: boolean): PassThrough & Stream {
  return Object.assign(new PassThrough({ encoding: "utf8" }), { isTTY });
}

describe("Terminal", () => {
  it("keeps remarks to itself when quiet, but not errors", () => {
    const { terminal, err } = open({ tty: false });
    terminal.quiet = true;
    terminal.say("remark");
    terminal.progress("progress");
    terminal.complain("trouble");
    expect(err()).toBe("trouble\n");
  });

  it("prints progress as a plain line now and then where there is no terminal", () => {
    const { terminal, err, advance } = open({ tty: false });
    terminal.progress("too early");
    advance(PROGRESS_LINE_MS - 1);
    terminal.progress("still too early");
    advance(1);
    terminal.progress("now");
    terminal.progress("again");
    expect(err()).toBe("now\n");
  });

  it("rewrites one line on a terminal and clears it before data", async () => {
    const { terminal, err, out, advance } = open({ tty: true });
    advance(100);
    terminal.progress("one");
    await terminal.data("record\n");
    expect(err()).toBe("\r\x1b[Kone\r\x1b[K");
    expect(out()).toBe("record\n");
  });

  it("tells once the reader of the data has gone, and then writes no more", async () => {
    const { terminal, stdout, out } = open({ tty: false });
    let gone = 0;
    terminal.onClosed(() => {
      gone += 1;
    });
    stdout.emit("error", Object.assign(new Error("broken pipe"), { code: "EPIPE" }));
    await terminal.data("unheard");
    expect([gone, out()]).toEqual([1, ""]);
  });
});

describe("painter", () => {
  it.each([
    [true, {}, "\x1b[31mx\x1b[39m"],
    [false, {}, "x"],
    [true, { NO_COLOR: "1" }, "x"],
    [true, { NO_COLOR: "" }, "\x1b[31mx\x1b[39m"],
    [true, { TERM: "dumb" }, "x"],
  ])("colours on a terminal (%s) as %j allows", (isTerminal, env, text) => {
    expect(painter(isTerminal, env).red("x")).toBe(text);
  });
});
