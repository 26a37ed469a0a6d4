import { describe, expect, it } from "vitest";
import { MachineDeath, XSException } from "../../host-sim/xs/death";
import { FileModules } from "../../host-sim/xs/modules";
import { Reference } from "../../host-sim/xs/reference";
import { engine, rootOf, thrownBy, watch } from "./support";

const ECHO = `export function echo(value) { return value; }
export function describe(value) { return Object.prototype.toString.call(value) + JSON.stringify(value); }
export function kinds() { return [undefined, null, true, -1, 0.5, -0, 2 ** 40, "grüße 🏠", [1, [2]], { a: { b: "c" } }]; }
export function bytes() { return Uint8Array.of(1, 2, 3).subarray(1); }
export class Thing { #secret = 1; get secret() { return this.#secret; } }
export const thing = new Thing;
`;

describe("a machine", () => {
  it("starts with 28 slots and not one chunk byte, whatever is preloaded", () => {
    const { machine } = watch(rootOf({ echo: ECHO }), "light");
    expect(machine.statistics()).toMatchObject({ slots: 28, chunkBytes: 0, keys: 0, work: 0 });
  });

  it("passes plain data both ways", () => {
    const echo = watch(rootOf({ echo: ECHO }), "light").machine.import("echo");
    const values = [undefined, null, true, -1, 0.5, -0, 2 ** 40, "grüße 🏠", [1, [2]], { a: { b: "c" } }];
    expect(echo.invoke("kinds")).toEqual(values);
    for (const value of values) expect(echo.invoke("echo", [value])).toEqual(value);
  });

  it("gives the program its own buffers and the host views", () => {
    const echo = watch(rootOf({ echo: ECHO }), "light").machine.import("echo");
    expect(echo.invoke("describe", [Uint8Array.of(7, 8)])).toBe('[object Uint8Array]{"0":7,"1":8}');
    expect(echo.invoke("describe", [new ArrayBuffer(2)])).toBe("[object ArrayBuffer]{}");
    expect(echo.invoke("bytes")).toEqual(Uint8Array.of(2, 3));
  });

  it("keeps objects of classes to itself and hands out references", () => {
    const echo = watch(rootOf({ echo: ECHO }), "light").machine.import("echo");
    const thing = echo.reference("thing");
    expect(thing).toBeInstanceOf(Reference);
    expect(thing.get("secret")).toBe(1);
    const same = echo.invoke("echo", [thing]) as Reference;
    expect(same.get("secret")).toBe(1);
    thing.release();
    expect(() => thing.get("secret")).toThrow("released");
  });

  it("refuses a reference of another machine", () => {
    const root = rootOf({ echo: ECHO });
    const first = watch(root, "first").machine.import("echo");
    const second = watch(root, "second").machine.import("echo");
    expect(() => second.invoke("echo", [first.reference("thing")])).toThrow("belongs to the machine");
  });

  it("has the clock, the random numbers and the output of its host", () => {
    const root = rootOf({
      chance: `export default () => { trace("now ", Date.now(), "\\n"); return [Date.now(), Math.random(), new Date(0).getHours()]; }`,
    });
    const { machine, traces } = watch(root, "light", { date: () => 1_700_000_000_123, random: () => 0.25 });
    const [now, random, hours] = machine.import("chance").invoke("default") as number[];
    expect(now).toBe(1_700_000_000_123);
    expect(random).toBeCloseTo(0.25, 8);
    expect(hours).toBe(0);
    expect(traces.join("")).toBe("now 1700000000123\n");
  });

  it("draws the same random numbers in every run unless told otherwise", () => {
    const draw = (): unknown =>
      watch(rootOf({ m: "export default () => [Math.random(), Math.random()]" }), "light")
        .machine.import("m")
        .invoke("default");
    expect(draw()).toEqual(draw());
  });

  it("runs promise jobs at the end of the turn that made them", () => {
    const root = rootOf({
      jobs: `const list = []; export const get = () => list.join(" ");
        export function start() { Promise.resolve().then(() => list.push("a")).then(() => list.push("b")); list.push("sync"); }`,
    });
    const jobs = watch(root, "light").machine.import("jobs");
    jobs.invoke("start");
    expect(jobs.invoke("get")).toBe("sync a b");
  });

  it("has what Moddable adds to the language, and nothing of the host", () => {
    const root = rootOf({
      m: `export default () => [String.fromArrayBuffer(ArrayBuffer.fromString("grüße")), typeof trace,
        ...["process", "console", "setTimeout", "TextEncoder", "structuredClone"].map(name => typeof globalThis[name])]`,
    });
    expect(watch(root, "light").machine.import("m").invoke("default")).toEqual([
      "grüße",
      "function",
      "undefined",
      "undefined",
      "undefined",
      "undefined",
      "undefined",
    ]);
  });

  it("throws to the host what the program throws, with position, and goes on", () => {
    const root = rootOf({
      "device/thrower": `function inner(x) {\n  throw new RangeError("too " + x);\n}\nexport default function (x) { inner(x); }`,
    });
    const thrower = watch(root, "light").machine.import("device/thrower");
    for (const word of ["long", "short"]) {
      const error = thrownBy(() => thrower.invoke("default", [word])) as XSException;
      expect(error).toBeInstanceOf(XSException);
      expect(error.name).toBe("RangeError");
      expect(error.message).toBe(`too ${word}`);
      expect(error.deviceStack).toContain("inner (device/thrower:2)");
    }
  });

  it("reports positions of TypeScript sources", () => {
    const root = engine.createRoot({ modules: new FileModules("."), preload: ["device/mqtt/topic"] });
    const topic = watch(root, "light").machine.import("device/mqtt/topic");
    const error = thrownBy(() => topic.invoke("assertTopicName", ["a/#"])) as XSException;
    expect(error.deviceStack).toMatch(/assertTopicName \(device\/mqtt\/topic\.ts:\d+\)/);
  });

  it("names file and line of a syntax error, and the module that is not there", () => {
    const missing = thrownBy(() => rootOf({ a: `import "./b";` })) as XSException;
    expect(missing.message).toContain('module "./b" not found');
    const broken = thrownBy(() => rootOf({ a: "export const x = 1;\nlet y = ;" })) as XSException;
    expect(broken.name).toBe("SyntaxError");
    expect(broken.message).toContain("a:2:");
  });

  it("shares nothing with another one of the same root", () => {
    const root = rootOf({ counter: "let n = 0; export default () => ++n" });
    const first = watch(root, "first").machine.import("counter");
    const second = watch(root, "second").machine.import("counter");
    expect([first.invoke("default"), first.invoke("default"), second.invoke("default")]).toEqual([1, 2, 1]);
  });

  it("can be closed, and says so afterwards", () => {
    const { machine, deaths } = watch(rootOf({ echo: ECHO }), "light");
    machine.close();
    expect(machine.death?.reason).toBe("closed");
    expect(thrownBy(() => machine.import("echo"))).toBeInstanceOf(MachineDeath);
    expect(deaths).toEqual([]);
  });
});
