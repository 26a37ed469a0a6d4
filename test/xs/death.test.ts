import { describe, expect, it } from "vitest";
import { MachineDeath } from "../../host-sim/xs/death";
import type { Reference } from "../../host-sim/xs/machine";
import { rootOf, STATIC_CREATION, thrownBy, watch } from "./support";

const TROUBLE = `
export function fill() { const list = []; for (;;) list.push({ more: list }); }
export function text() { let text = "x"; for (;;) text += text; }
export function spin() { for (;;); }
export function recurse() { return 1 + recurse(); }
export function deepJSON() { let a = []; for (let i = 0; i < 100000; i++) a = [a]; return JSON.stringify(a).length; }
export function names() { const o = {}; for (let i = 0; ; i++) o["name" + i] = 0; }
export function swallow() { try { recurse(); } catch { return "caught"; } }
export async function reject() { throw new Error("nobody waits"); }
export function rejectAndCollect(garbage) { reject(); for (let i = 0; i < 3000; i++) garbage = { garbage: 1 }; }
let calls = 0;
export function count() { return ++calls; }
`;

/** Grows by increments only as far as a board's memory would. */
const SMALL = {
  creation: {
    chunk: { initial: 4_096, incremental: 0 },
    heap: { initial: 512, incremental: 0 },
    stack: 256,
    keys: { initial: 64, incremental: 0 },
  },
} as const;

describe("a machine that gets into trouble", () => {
  const root = rootOf({ trouble: TROUBLE });

  it.each([
    ["fill", "memory full"],
    ["text", "memory full"],
    ["recurse", "stack overflow"],
    ["spin", "too much computation"],
    ["names", "not enough keys"],
  ])("ends by name when it calls %s: %s", (name, reason) => {
    const { machine, deaths } = watch(root, "camera", { ...SMALL, meterLimit: 1_000_000 });
    const other = watch(root, "light", SMALL);
    const counting = other.machine.import("trouble");
    expect(counting.invoke("count")).toBe(1);

    const error = thrownBy(() => machine.import("trouble").invoke(name)) as MachineDeath;

    expect(error).toBeInstanceOf(MachineDeath);
    expect(error.message).toBe(`camera: ${reason}`);
    expect(deaths.map((death) => death.reason)).toEqual([reason]);
    expect(machine.alive).toBe(false);
    expect(counting.invoke("count")).toBe(2);
    expect(other.deaths).toEqual([]);
  });

  it("cannot catch it", () => {
    const { machine } = watch(root, "camera", SMALL);
    expect(() => machine.import("trouble").invoke("swallow")).toThrow("stack overflow");
  });

  it("ends by the native stack too, where built-ins recurse", () => {
    const { machine } = watch(root, "camera", {
      creation: {
        chunk: { initial: 8_000_000, incremental: 65_536 },
        heap: { initial: 500_000, incremental: 1_024 },
        stack: 1_024,
        keys: { initial: 32, incremental: 32 },
      },
    });
    const other = watch(root, "light", SMALL).machine.import("trouble");
    expect(() => machine.import("trouble").invoke("deepJSON")).toThrow("stack overflow");
    expect(other.invoke("count")).toBe(1);
  });

  it("can be restarted like a board, from the beginning", () => {
    const { machine } = watch(root, "camera", SMALL);
    const trouble = machine.import("trouble");
    trouble.invoke("count");
    expect(() => trouble.invoke("fill")).toThrow("memory full");
    expect(() => trouble.invoke("count")).toThrow("memory full");

    const again = machine.restart();

    expect(again.import("trouble").invoke("count")).toBe(1);
    expect(again.statistics().slots).toBeLessThan(100);
  });

  it("leaves its last statistics", () => {
    const { machine } = watch(root, "camera", SMALL);
    expect(() => machine.import("trouble").invoke("fill")).toThrow();
    expect(machine.statistics()).toMatchObject({ slots: 511, slotCapacity: 511 });
  });

  it("ends when a promise was rejected and nobody can handle it any more", () => {
    const { machine, deaths } = watch(root, "camera");
    const trouble = machine.import("trouble");
    expect(() => {
      trouble.invoke("rejectAndCollect");
      machine.collectGarbage();
      machine.runJobs();
    }).toThrow("unhandled rejection");
    expect(deaths[0]?.detail).toContain("nobody waits");
  });

  it("ends by an exception that leaves an event", () => {
    const module = rootOf({ m: `export default function onReadable(n) { throw new Error("read " + n); }` });
    const { machine, deaths } = watch(module, "camera");
    const onReadable = machine.import("m").reference("default");
    machine.deliver(onReadable, undefined, [7]);
    machine.deliver(onReadable, undefined, [8]);
    expect(deaths).toHaveLength(1);
    expect(deaths[0]?.reason).toBe("unhandled exception");
    expect(deaths[0]?.detail).toMatch(/read 7\n at onReadable \(m:1\)/);
  });

  it("frees its memory: a thousand deaths cost no more than one", () => {
    const memory = (): number => root.instance.exports.memory.buffer.byteLength;
    const die = (): void => {
      const { machine } = watch(root, "camera", SMALL);
      expect(() => machine.import("trouble").invoke("fill")).toThrow("memory full");
    };
    die();
    const before = memory();
    for (let index = 0; index < 1_000; index += 1) die();
    expect(memory()).toBe(before);
  });
});

describe("a machine with a static creation", () => {
  const root = rootOf({
    use: `let kept;
      export function pairs(n) { for (let i = 0; i < n; i++) kept = { kept }; return n; }
      export function bytes(n) { kept = new Uint8Array(n); return n; }
      export function garbage(n, size) { for (let i = 0; i < n; i++) new Uint8Array(size); }`,
  });
  const use = (): Reference => watch(root, "light", { creation: STATIC_CREATION }).machine.import("use");

  it("shares one arena between slots and chunks, whichever needs it", () => {
    expect(use().invoke("pairs", [350])).toBe(350);
    expect(use().invoke("bytes", [8_000])).toBe(8_000);
  });

  it("never takes more than the arena", () => {
    expect(() => use().invoke("pairs", [500])).toThrow("memory full");
    expect(() => use().invoke("bytes", [12_000])).toThrow("memory full");
    const both = use();
    both.invoke("bytes", [8_000]);
    expect(() => both.invoke("pairs", [350])).toThrow("memory full");
  });

  it("turns bytes that the collector freed into slots", () => {
    const both = use();
    both.invoke("garbage", [50, 1_000]);
    expect(both.invoke("pairs", [350])).toBe(350);
  });
});
