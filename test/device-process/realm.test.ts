import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { bench, firmware, traced } from "./firmware-fixture";

describe("what a firmware finds", () => {
  test("are the built-ins of the language and what XS adds, nothing else", async () => {
    const names = await traced(`
      const known = new Set(["Object","Function","Array","Number","parseFloat","parseInt","Infinity","NaN","undefined","Boolean",
        "String","Symbol","Date","Promise","RegExp","Error","AggregateError","EvalError","RangeError","ReferenceError","SyntaxError",
        "TypeError","URIError","globalThis","JSON","Math","ArrayBuffer","Uint8Array","Int8Array","Uint16Array","Int16Array",
        "Uint32Array","Int32Array","Float32Array","Float64Array","Uint8ClampedArray","BigUint64Array","BigInt64Array","DataView",
        "Map","BigInt","Set","WeakMap","WeakSet","Proxy","Reflect","FinalizationRegistry","WeakRef","decodeURI","decodeURIComponent",
        "encodeURI","encodeURIComponent","eval","isFinite","isNaN","SharedArrayBuffer","Atomics","trace"]);
      export default function () {
        trace(Object.getOwnPropertyNames(globalThis).filter((name) => !known.has(name) && name !== "Iterator").join(" "));
      }`);
    expect(names).toBe("");
  });

  test.each(["process", "setTimeout", "console", "TextEncoder", "Buffer", "queueMicrotask", "Intl", "fetch"])(
    "is not %s: using it ends the device, as on the board",
    async (name) => {
      const { device, exceptions } = bench(
        await firmware({ main: `export default function () { ${name}.toString(); }` }),
      );
      await device.start();
      expect(device.state).toBe("failed");
      expect(exceptions.length).toBe(1);
      expect(exceptions[0]!.message).toMatch(/ReferenceError|TypeError/);
    },
  );

  test("is not a compiler for strings", async () => {
    const { device, exceptions } = bench(
      await firmware({ main: `export default function () { new Function("return 1")(); }` }),
    );
    await device.start();
    expect(exceptions[0]?.message).toContain("EvalError");
  });

  test("includes trace, ArrayBuffer.fromString and String.fromArrayBuffer as XS has them", async () => {
    const text = await traced(`export default function () {
      const buffer = ArrayBuffer.fromString("21.5 °C");
      trace(buffer instanceof ArrayBuffer, " ", buffer.byteLength, " ", String.fromArrayBuffer(buffer), "\\n");
      try { String.fromArrayBuffer(Uint8Array.of(0xff).buffer); } catch (error) { trace(error instanceof TypeError); }
    }`);
    expect(text).toBe("true 8 21.5 °C\ntrue");
  });

  test("is a Date on the clock of the house, which Time.set moves for this device alone", async () => {
    const clock = new VirtualClock(Date.UTC(2026, 10, 23));
    const source = await firmware({
      main: `import Time from "time"; import Timer from "timer";
        export default function () {
          trace(new Date().toISOString(), " ", new Date(0).getTime(), " ", Date.now() === new Date().getTime(), " ", new Date() instanceof Date, "\\n");
          Timer.set(() => {
            const start = Time.ticks;
            trace(new Date().toISOString(), " ", Time.delta(start, Time.ticks), "\\n");
            Time.set(86400);
            trace(new Date().toISOString());
          }, 1000);
        }`,
    });
    const { device, traces } = bench(source, {}, clock);
    await device.start();
    clock.advance(1_000);
    expect(traces.join("")).toBe(
      "2026-11-23T00:00:00.000Z 0 true true\n2026-11-23T00:00:01.000Z 0\n1970-01-02T00:00:00.000Z",
    );
  });

  test("is a Math.random that a seed repeats", async () => {
    const main = `export default function () { trace(Math.random(), " ", Math.random()); }`;
    expect(await traced(main)).toBe(await traced(main));
    expect(await traced(main, { random: () => 0.25 })).toBe("0.25 0.25");
  });

  test("is the manifest's configuration, overridden by the device's, deeply frozen", async () => {
    const main = `import config from "mc/config";
      export default function () {
        trace(JSON.stringify(config), " ", config instanceof Object, " ", Object.isFrozen(config.nested.list), " ");
        try { config.broker = "x"; } catch (error) { trace(error instanceof TypeError); }
      }`;
    expect(await traced(main, { config: { broker: "10.0.0.1", port: 1883 } })).toBe(
      '{"greeting":"hello","nested":{"list":[1,2]},"broker":"10.0.0.1","port":1883} true true true',
    );
  });
});

describe("Object.freeze", () => {
  test("with true freezes everything that the properties lead to", async () => {
    const text = await traced(`export default function () {
      const shallow = Object.freeze({ inner: {} });
      const deep = Object.freeze({ inner: { list: [{}] }, method() {}, bytes: new Uint8Array(2) }, true);
      trace([shallow.inner, deep.inner, deep.inner.list[0], deep.method].map(Object.isFrozen).join(" "));
    }`);
    expect(text).toBe("false true true true");
  });
});

describe("preloaded modules", () => {
  const texts = {
    state: `
      export const table = { count: 0 };
      const hidden = [1];
      export class Counter { static total = 0; #own = 0; count() { this.#own += 1; return this.#own; } }
      export const seen = new Map();
      export function push() { hidden.push(2); }`,
    main: `
      import { Counter, push, seen, table } from "./state";
      export default function () {
        const attempts = [() => { table.count += 1; }, push, () => { Counter.total = 1; }, () => seen.set(1, 1),
          () => { Counter.prototype.count = undefined; }];
        for (const attempt of attempts)
          try { attempt(); trace("written "); } catch (error) { trace(error instanceof TypeError ? "refused " : String(error)); }
        trace(new Counter().count(), new Map([[1, 2]]).size, [1].concat(2).length);
      }`,
  };

  test("are frozen after they have run, exported or not, as on the chip", async () => {
    const { device, traces } = bench(await firmware(texts));
    await device.start();
    expect(traces.join("")).toBe("refused refused refused refused refused 112");
  });

  test("stay writable with frozen: false", async () => {
    const { device, traces } = bench(await firmware(texts), { frozen: false });
    await device.start();
    expect(traces.join("")).toContain("written written written written written");
  });
});
