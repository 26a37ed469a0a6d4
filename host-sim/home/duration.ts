import { UsageError } from "./usage-error";

const MILLISECONDS: Readonly<Record<string, number>> = Object.freeze({
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
});

/**
 * Reads a time as the command line and scenario files write it: `250ms`, `1.5s`, `2m`, `24h`.
 * @returns milliseconds, 0 or more
 * @throws {UsageError} naming `text` when it is not such a time
 */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  if (!match) throw new UsageError(`"${text}" is not a time: write 500ms, 10s, 2m or 24h`);
  return Math.round(Number(match[1]) * MILLISECONDS[match[2]!]!);
}

/** `1.204 s`, as the event lines begin. */
export function formatSeconds(milliseconds: number): string {
  return `${(milliseconds / 1_000).toFixed(3)} s`;
}
