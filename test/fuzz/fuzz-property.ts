import type fc from "fast-check";

/**
 * What must hold for every case of a kind. `npm test` checks each for a few hundred cases, `npm run fuzz` for many, and
 * regressions.ts keeps those that once failed.
 */
export interface FuzzProperty {
  readonly name: string;
  /** Of 1,000 runs of `npm run fuzz`; those of all properties make 1,000. */
  readonly share: number;
  /** Most runs in one call of fast-check. */
  readonly batch: number;
  /** Makes cases of plain values and Uint8Arrays. */
  readonly arbitrary: fc.Arbitrary<unknown>;
  /** Throws when the case fails. @returns what kind of end it took, for the statistics */
  check(value: unknown): Outcome;
}

/** `read`: to the end of the bytes. `refused`: the bytes were found malformed. `closed`: the application closed before. */
export type Outcome = "read" | "refused" | "closed";

export function fuzzProperty<Case>(
  name: string,
  share: number,
  arbitrary: fc.Arbitrary<Case>,
  check: (value: Case) => Outcome,
  batch: number = 1000,
): FuzzProperty {
  return { name, share, batch, arbitrary, check: (value) => check(value as Case) };
}

/** Fails the case. */
export function assert(condition: boolean, text: string): asserts condition {
  if (!condition) throw new Error(text);
}
