/** What is wrong with a discovery message. */
export interface Finding {
  /** An error: Home Assistant refuses it, or silently leaves it out. A warning: it works, and will give trouble. */
  readonly level: "error" | "warning";
  /** Names in full with dots between them, `components.light.brightness`; empty for the message as a whole. */
  readonly path: string;
  readonly message: string;
}

/** Of the names that are meant, the one that is most like a wrong one, if any is like it at all. */
export function nearestName(wrong: string, names: Iterable<string>): string | undefined {
  let nearest: string | undefined;
  // One letter of three may be wrong.
  let least = Math.floor(wrong.length / 3) + 1;
  for (const name of names) {
    const distance = editDistance(wrong, name);
    if (distance < least) {
      least = distance;
      nearest = name;
    }
  }
  return nearest;
}

/** Letters to add, to leave out and to change until one is the other (Levenshtein). */
function editDistance(from: string, to: string): number {
  let row = Array.from({ length: to.length + 1 }, (_, index) => index);
  for (const [line, letter] of [...from].entries()) {
    const next = [line + 1];
    for (let column = 1; column <= to.length; column += 1) {
      const change = row[column - 1]! + (letter === to[column - 1] ? 0 : 1);
      next.push(Math.min(change, row[column]! + 1, next[column - 1]! + 1));
    }
    row = next;
  }
  return row.at(-1)!;
}
