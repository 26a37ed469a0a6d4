import { expect, test } from "vitest";
import { seededRandom } from "../../../host-sim/home/house/random";

const draw = (seed: number, stream: string): number[] => {
  const random = seededRandom(seed, stream);
  return [random(), random(), random()];
};

test("a seed repeats its numbers, another seed or another user of it has its own", () => {
  expect(draw(7, "visitor")).toEqual(draw(7, "visitor"));
  expect(draw(8, "visitor")).not.toEqual(draw(7, "visitor"));
  expect(draw(7, "room")).not.toEqual(draw(7, "visitor"));
});
