// Paths of imports, without a file system: the compiler is pure.

/** `relative`, written in `file`, as a path in the same terms as `file`; `/` separates. */
export function joinPath(file: string, relative: string): string {
  const base = relative.startsWith("/") ? [] : file.split("/").slice(0, -1);
  const parts: string[] = [];
  for (const part of [...base, ...relative.split("/")]) {
    if (part === "." || (part === "" && parts.length > 0)) continue;
    const last = parts.at(-1);
    if (part === ".." && last !== undefined && last !== ".." && last !== "") parts.pop();
    else parts.push(part);
  }
  return parts.join("/");
}
