import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { JSONSource, JSONSourceError } from "../../host-sim/manifest/json-source";

describe("JSONSource", () => {
  it("reads whatever JSON.stringify writes", () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(undefined, 2, "\t"), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(new JSONSource(text).value).toEqual(JSON.parse(text));
      }),
      { seed: 1 },
    );
  });

  it("knows the line of members and elements, and of the nearest one around a path that is not there", () => {
    const source = new JSONSource('{\n  "a": [\n    1,\n    {"b":\n 2}\n  ]\n}');
    expect(source.line([])).toBe(1);
    expect(source.line(["a"])).toBe(2);
    expect(source.line(["a", 0])).toBe(3);
    expect(source.line(["a", 1, "b"])).toBe(4);
    expect(source.line(["a", 1, "c"])).toBe(4);
    expect(source.line(["z"])).toBe(1);
  });

  it.each([
    ["", 1, "a value expected"],
    ['{\n"a": 1,\n}', 3, "something after the comma"],
    ['{\n"a" 1}', 2, '":" expected'],
    ["[1\n2]", 2, '"," expected'],
    ["{}\n\n{}", 3, "the end expected"],
    ['{\n\n // no\n "a": 1}', 3, "not JSON"],
    ['{"a": "x\ny"}', 1, "not JSON"],
    ['{"a": 1,\n"a": 2}', 2, '"a" is here twice'],
    ['{\n"a": [1, 2}', 2, '"," expected'],
    ["{a: 1}", 1, "not JSON"],
  ])("%j is wrong in line %i", (text, line, message) => {
    let error: unknown;
    try {
      new JSONSource(text);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(JSONSourceError);
    expect((error as JSONSourceError).message).toContain(message);
    expect((error as JSONSourceError).line).toBe(line);
  });
});
