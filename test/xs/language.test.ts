import { expect, it } from "vitest";
import { rootOf, watch } from "./support";

/** A C compiler that takes XS's conversions for undefined behaviour breaks these first. */
it.each([
  ["1e20", 1e20],
  ["JSON.parse('1e999') === Infinity", true],
  ["2 ** 31", 2_147_483_648],
  ["2147483647 + 1", 2_147_483_648],
  ["-2147483648 - 1", -2_147_483_649],
  ["65536 * 65536", 4_294_967_296],
  ["(2 ** 32 + 5) | 0", 5],
  ["1e20 >>> 0", 1_661_992_960],
  ["1 << 31", -2_147_483_648],
  ["Math.imul(0xffffffff, 5)", -5],
  ["new Uint8Array([300, -1]).join()", "44,255"],
  ["new Uint8Array([NaN, 1.9]).join()", "0,1"],
  ["(0.1).toFixed(20)", "0.10000000000000000555"],
  ["String(5e-324)", "5e-324"],
  ["parseFloat('21.5')", 21.5],
  ["[1, 2, 3].map((x) => x * 2).indexOf(6)", 2],
  ["Object.keys([7, 8]).join()", "0,1"],
  ["'grüße'.length", 5],
  ["Array.from('a🏠b').length", 3],
  ["/(?<year>\\\\d+)-/.exec('2026-11').groups.year", "2026"],
  ["[3, 1, 2].sort().join()", "1,2,3"],
  ["typeof structuredClone + typeof setTimeout", "undefinedundefined"],
  ["new Date(Date.UTC(2026, 10, 23)).toISOString()", "2026-11-23T00:00:00.000Z"],
  ["(() => { try { null.x } catch (e) { return e.name } finally {} })()", "TypeError"],
  ["BigInt(2) ** 70n === 1180591620717411303424n", true],
])("%s is as the language says", (expression, expected) => {
  const root = rootOf({ m: `export default () => (${expression.replaceAll("\\\\", "\\")});` });
  expect(watch(root, "light").machine.import("m").invoke("default")).toEqual(expected);
});

it("runs generators, async functions, classes with private members, and destructuring", () => {
  const root = rootOf({
    m: `class A { #x = 1; static #count = 0; get x() { return this.#x; } set x(v) { this.#x = v; } static make() { A.n = 1; return new A; } }
      function* g() { let n = 0; while (n < 3) yield n++; }
      const log = [];
      export const read = () => log.join(" ");
      export default function () {
        const { x, ...rest } = { x: 1, y: 2, z: 3 };
        log.push(x, rest.y + rest.z, [...g()].join(""));
        const a = new A; a.x += 2; log.push(a.x, a?.b?.c ?? "none");
        (async () => { for await (const v of g()) log.push("v" + v); })();
        outer: for (const i of [1, 2]) for (const j of [1, 2]) { if (j === 2) continue outer; log.push(i * j); }
      }`,
  });
  const m = watch(root, "light").machine.import("m");
  m.invoke("default");
  expect(m.invoke("read")).toBe("1 5 012 3 none 1 2 v0 v1 v2");
});
