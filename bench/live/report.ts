// How a measurement's process gives its figures to the suite: one JSON object on standard output.

export type Report = { readonly lines: readonly string[]; readonly raw: unknown };

export function isQuick(): boolean {
  return process.argv.includes("--quick");
}

export function report(result: Report): void {
  process.stdout.write(JSON.stringify(result));
}
