/*
 * Cases as JSON, in which bytes are hexadecimal: what a failing run prints, and regressions.ts keeps.
 */

const PREFIX = "hex:";

/** @returns JSON text */
export function textOfCase(value: unknown): string {
  return JSON.stringify(value, (_name, part: unknown) =>
    part instanceof Uint8Array ? PREFIX + Buffer.from(part).toString("hex") : part,
  );
}

/** The case of a text, or of what `JSON.parse` makes of it. */
export function caseOf(text: unknown): unknown {
  const json = typeof text === "string" ? text : JSON.stringify(text);
  return JSON.parse(json, (_name, part: unknown) =>
    typeof part === "string" && part.startsWith(PREFIX)
      ? Uint8Array.from(Buffer.from(part.slice(PREFIX.length), "hex"))
      : part,
  );
}
