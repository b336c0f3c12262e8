// Colours: only on a terminal, and not where NO_COLOR (no-color.org) or TERM=dumb say otherwise.

type Style = (text: string) => string;

/** Text in a style; the text itself where colours are off. */
export type Paint = {
  readonly on: boolean;
  readonly bold: Style;
  readonly dim: Style;
  readonly red: Style;
  readonly green: Style;
  readonly yellow: Style;
  readonly cyan: Style;
};

/** The styles for a stream. */
export function painter(
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  const refused = (env.NO_COLOR ?? "") !== "" || env.TERM === "dumb";
  const on = isTerminal && !refused;
  const style = (start: number, end: number) => (text: string) =>
    on ? `\x1b[${start}m${text}\x1b[${end}m` : text;
  return {
    on,
    bold: style(1, 22),
    dim: style(2, 22),
    red: style(31, 39),
    green: style(32, 39),
    yellow: style(33, 39),
    cyan: style(36, 39),
  };
}
