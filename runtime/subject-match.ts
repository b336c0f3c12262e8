// NATS subject matching (docs.nats.io, "Subject-based messaging"): `*` is one token, a last `>` is the rest.

/** Whether `subject` matches `filter`. */
export function subjectMatches(filter: string, subject: string): boolean {
  const wanted = filter.split(".");
  const tokens = subject.split(".");
  for (const [i, token] of wanted.entries()) {
    if (token === ">") return tokens.length > i;
    if (token !== "*" && token !== tokens[i]) return false;
  }
  return wanted.length === tokens.length;
}
