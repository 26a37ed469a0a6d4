import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { properties } from "./properties";

/** Cases of each property in `npm test`; `npm run fuzz` checks many more. */
const CASES = 300;
/** Of the readers alone, which are fast. */
const READER_CASES = 1000;

describe("for any case", () => {
  for (const { name, arbitrary, check, batch } of properties)
    it(name, () => {
      const outcomes = { read: 0, refused: 0, closed: 0 };
      fc.assert(
        fc.property(arbitrary, (value) => {
          outcomes[check(value)] += 1;
        }),
        { seed: 311, numRuns: Math.min(name.startsWith("PacketReader") ? READER_CASES : CASES, batch) },
      );
      // A hostile stream that is never refused, or always, tests little.
      if (name.includes("hostile")) expect(outcomes.read * outcomes.refused).toBeGreaterThan(0);
    });
});
