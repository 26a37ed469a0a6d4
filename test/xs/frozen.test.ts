import { expect, it } from "vitest";
import { rootOf, watch } from "./support";

const MODULE = `
const scratch = new Uint8Array(4);
const table = new Map([["a", 1]]);
const set = new Set;
const when = Object.freeze(new Date(0));
const list = Object.freeze([1, 2]);
const open = { n: 0 };
let counter = 0;
class Thing { static count = 0; #private = 1; write() { this.#private = 2; } static touch() { Thing.count = 1; } }
const thing = Object.freeze(new Thing);
export const typedArray = () => { scratch[0] = 1; };
export const dataView = () => { new DataView(scratch.buffer).setUint8(0, 1); };
export const fill = () => { scratch.fill(1); };
export const map = () => { table.set("b", 2); };
export const addToSet = () => { set.add(1); };
export const date = () => { when.setUTCFullYear(2000); };
export const array = () => { list.push(3); };
export const staticField = () => { Thing.touch(); };
export const privateField = () => { thing.write(); };
export const prototype = () => { Array.prototype.extra = 1; };
export const builtIn = () => { Math.extra = 1; };
export const variable = () => ++counter;
export const object = () => ++open.n;
export const instance = () => { const own = new Uint8Array(4); own[0] = 1; return own[0]; };
`;

/** ESP32: "For preloaded instances of TypedArray, integer-indexed assignment also throws". */
it.each([
  "typedArray",
  "dataView",
  "fill",
  "map",
  "addToSet",
  "date",
  "array",
  "staticField",
  "privateField",
  "prototype",
  "builtIn",
])("throws on a write to preloaded state: %s", (name) => {
  const module = watch(rootOf({ m: MODULE }), "light").machine.import("m");
  expect(() => module.invoke(name)).toThrow();
});

it("still lets a program write to its own variables, unfrozen objects and instances", () => {
  const module = watch(rootOf({ m: MODULE }), "light").machine.import("m");
  expect([module.invoke("variable"), module.invoke("object"), module.invoke("instance")]).toEqual([1, 1, 1]);
});

it("keeps what one machine changed from the others", () => {
  const root = rootOf({ m: MODULE });
  const first = watch(root, "first").machine.import("m");
  for (let index = 0; index < 3; index += 1) first.invoke("object");
  expect(watch(root, "second").machine.import("m").invoke("object")).toBe(1);
});

it("freezes nothing that is not preloaded", () => {
  const root = rootOf({ m: MODULE }, { preload: [] });
  const module = watch(root, "light").machine.import("m");
  for (const name of ["typedArray", "map", "staticField"]) module.invoke(name);
});

it("counts what a preload leaves writable: 4 bytes of every machine each", () => {
  const frozen = rootOf({
    m: "export const a = Object.freeze({ b: 1 }); const c = 1; export const set = () => c;",
  }).statistics().aliases;
  const open = rootOf({
    m: "export const a = { b: 1 }; let c = 1; export const set = () => ++c;",
  }).statistics().aliases;
  expect(open - frozen).toBe(2);
});
