import { expect, test } from "vitest";
import { InFlight } from "../../device/mqtt/in-flight";

test("identifiers keep the order in which they came, also when one is removed and one changes its state", () => {
  const table = new InFlight(10);
  for (const id of [65_535, 2, 3, 4]) table.set(id, 1);
  table.set(3, 7);
  expect(table.remove(2)).toBe(true);
  expect(table.remove(2)).toBe(false);
  expect(Array.from({ length: table.count }, (_, index) => table.at(index))).toEqual([65_535, 3, 4]);
  expect([65_535, 2, 3].map((id) => table.stateOf(id))).toEqual([1, 0, 7]);
});

test("all of one state can be removed, and all", () => {
  const table = new InFlight(10);
  for (const id of [1, 2, 3, 4]) table.set(id, id % 2 === 0 ? 8 : 4);
  table.removeState(8);
  expect([1, 2, 3, 4].map((id) => table.has(id))).toEqual([true, false, true, false]);
  table.removeState(4);
  expect(table.count).toBe(0);
  table.set(5, 4);
  table.clear();
  expect(table.count).toBe(0);
});

test("what is not in the table has no state and cannot be removed, 0 and 65,535 neither", () => {
  const table = new InFlight(10);
  table.set(1, 4);
  for (const id of [0, 2, 65_535])
    expect([table.has(id), table.stateOf(id), table.remove(id)]).toEqual([false, 0, false]);
  expect(table.count).toBe(1);
});

test("at the limit a new identifier throws, a known one does not", () => {
  const table = new InFlight(1);
  table.set(1, 1);
  table.set(1, 2);
  expect(() => table.set(2, 1)).toThrow("1 packets are in flight already");
});
