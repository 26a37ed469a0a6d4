import fc from "fast-check";
import { textOfCase } from "../case-text";
import type { FuzzProperty, Outcome } from "../fuzz-property";
import type { Batch } from "./plan";

export interface Failure {
  readonly property: string;
  readonly seed: number;
  /** For fast-check: with it `seed` leads to the case at once. */
  readonly path: string;
  readonly error: string;
  /** The shrunk case, see case-text.ts. */
  readonly text: string;
}

export interface BatchResult {
  readonly outcomes: Record<Outcome, number>;
  readonly failure: Failure | undefined;
}

/** Tries at making the streams of a failing case smaller than fast-check could, which knows how they were made. */
const SHRINK_LIMIT = 3000;

/** @param onRun - called before each run */
export function runBatch(property: FuzzProperty, batch: Batch, onRun: () => void): BatchResult {
  const outcomes = { read: 0, refused: 0, closed: 0 };
  const details = fc.check(
    fc.property(property.arbitrary, (value) => {
      onRun();
      outcomes[property.check(value)] += 1;
    }),
    { seed: batch.seed, numRuns: batch.runs },
  );
  if (!details.failed) return { outcomes, failure: undefined };
  const value = shrinkBytes(property, details.counterexample![0], onRun);
  const failure = {
    property: property.name,
    seed: batch.seed,
    path: details.counterexamplePath ?? "",
    error: errorOf(property, value) ?? String(details.errorInstance),
    text: textOfCase(value),
  };
  return { outcomes, failure };
}

/** The case that a batch makes at `index`, without checking any. */
export function caseAt(property: FuzzProperty, batch: Batch, index: number): unknown {
  let found: unknown;
  let at = 0;
  fc.check(
    fc.property(property.arbitrary, (value) => {
      if (at === index) found = value;
      at += 1;
      return at <= index;
    }),
    { seed: batch.seed, numRuns: index + 1, endOnFailure: true },
  );
  return found;
}

function errorOf(property: FuzzProperty, value: unknown): string | undefined {
  try {
    property.check(value);
    return undefined;
  } catch (error) {
    return error instanceof Error ? (error.stack ?? error.message) : String(error);
  }
}

/** Takes bytes out of the streams of a case, and makes others smaller, as long as it fails. */
function shrinkBytes(property: FuzzProperty, value: unknown, onRun: () => void): unknown {
  const bytes = fc.uint8Array();
  let tries = 0;
  let smallest = value;
  function shrink(stream: Uint8Array, replace: (shorter: Uint8Array) => unknown): boolean {
    for (const { value: shorter } of bytes.shrink(stream as Uint8Array<ArrayBuffer>, undefined)) {
      if (++tries > SHRINK_LIMIT) return false;
      onRun();
      const candidate = replace(shorter);
      if (shorter.length === 0 || errorOf(property, candidate) === undefined) continue;
      smallest = candidate;
      return true;
    }
    return false;
  }
  while (streamsOf(smallest).some(({ stream, replace }) => shrink(stream, replace)));
  return smallest;
}

interface StreamPlace {
  readonly stream: Uint8Array;
  /** The case with another stream in this place. */
  replace(stream: Uint8Array): unknown;
}

function streamsOf(value: unknown): StreamPlace[] {
  const { stream, streams } = value as { stream?: Uint8Array; streams?: Uint8Array[] };
  const places: StreamPlace[] = [];
  if (stream) places.push({ stream, replace: (other) => ({ ...(value as object), stream: other }) });
  streams?.forEach((one, index) => {
    const replace = (other: Uint8Array): unknown => ({
      ...(value as object),
      streams: streams.map((same, at) => (at === index ? other : same)),
    });
    places.push({ stream: one, replace });
  });
  return places;
}
