import { describe, expect, it } from "vitest";
import { caseOf, textOfCase } from "./case-text";
import { properties } from "./properties";
import { regressions } from "./regressions";

describe("a case that once failed", () => {
  for (const regression of regressions)
    it(`${regression.property}: ${regression.title}`, () => {
      const property = properties.find(({ name }) => name === regression.property);
      expect(property, "no such property").toBeDefined();
      property!.check(caseOf(regression.case));
    });
});

it("a case is the same after it has been printed", () => {
  const value = { stream: Uint8Array.of(0, 255), cuts: [1, 2], end: "reset", list: [Uint8Array.of()] };
  expect(caseOf(textOfCase(value))).toEqual(value);
});
