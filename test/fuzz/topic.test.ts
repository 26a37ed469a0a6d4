import fc from "fast-check";
import { expect, it } from "vitest";
import { encodeTopicFilter, encodeTopicName, matches } from "../../device/mqtt/topic";

const level = fc.constantFrom("", "a", "b", "ab", "$", "$a", "é");
const name = fc
  .array(level, { minLength: 1, maxLength: 4 })
  .map((levels) => levels.join("/"))
  .filter((text) => text !== "");
const filter = fc
  .tuple(fc.array(fc.oneof(level, fc.constant("+")), { maxLength: 4 }), fc.boolean())
  .map(([levels, all]) => (all ? [...levels, "#"] : levels).join("/"))
  .filter((text) => text !== "");

/** Section 4.7 level by level, as one would write it with no thought of memory. */
function matchesByLevels(topicFilter: string, topicName: string): boolean {
  if (topicName.startsWith("$") && /^[+#]/.test(topicFilter)) return false;
  const filters = topicFilter.split("/");
  const names = topicName.split("/");
  const all = filters.at(-1) === "#";
  if (all) filters.pop();
  if (all ? names.length < filters.length : names.length !== filters.length) return false;
  return filters.every((text, index) => text === "+" || text === names[index]);
}

it("matching agrees with a matcher that compares level by level", () => {
  let matched = 0;
  fc.assert(
    fc.property(filter, name, (topicFilter, topicName) => {
      const expected = matchesByLevels(topicFilter, topicName);
      if (expected) matched++;
      return matches(topicFilter, topicName) === expected;
    }),
    { seed: 47, numRuns: 5000 },
  );
  expect(matched).toBeGreaterThan(500);
});

it("every Topic Name is a Topic Filter that matches itself", () => {
  fc.assert(
    fc.property(name, (topic) => {
      encodeTopicName(topic);
      encodeTopicFilter(topic);
      return matches(topic, topic);
    }),
    { seed: 48, numRuns: 500 },
  );
});

it("a Topic Filter is accepted exactly when the grammar of section 4.7.1 has it", () => {
  const any = fc.string({ unit: fc.constantFrom("a", "/", "+", "#", "$"), maxLength: 6 });
  const grammar = /^(?:(?:[^+#/]*|\+)\/)*(?:[^+#/]*|\+|#)$/;
  fc.assert(
    fc.property(any, (text) => {
      let accepted = true;
      try {
        encodeTopicFilter(text);
      } catch {
        accepted = false;
      }
      return accepted === (text !== "" && grammar.test(text));
    }),
    { seed: 49, numRuns: 3000 },
  );
});
