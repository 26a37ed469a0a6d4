import { describe, expect, test } from "vitest";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { type DeviceProcessOptions, ENGINE_NAMES, type EngineName } from "../../host-sim/device-process";
import type { Firmware } from "../../host-sim/firmware";
import type { Peer } from "../../host-sim/network/link";
import { type Bench, firmware, bench as makeBench } from "./firmware-fixture";

/** Writes "hello" once connected, traces what it reads, says "bye" when it is closed. */
const TALKER = `
  import TCP from "embedded:io/socket/tcp";
  export default function () {
    const socket = new TCP({
      address: "10.0.0.1",
      port: 7,
      onWritable() {
        if (!this.greeted) this.write(ArrayBuffer.fromString("hello"));
        this.greeted = true;
      },
      onReadable() {
        const bytes = this.read();
        trace(bytes instanceof ArrayBuffer, " ", String.fromArrayBuffer(bytes), "\\n");
      },
      onError() {
        trace("error");
      },
    });
    return {
      close(callback) {
        socket.write(ArrayBuffer.fromString("bye"));
        socket.close();
        callback();
      },
    };
  }`;

function text(peer: Peer | undefined): string {
  return peer ? Buffer.from(peer.bytes).toString() : "";
}

describe.each(ENGINE_NAMES)("in the engine %s", (engine: EngineName) => {
  function bench(source: Firmware, options: Partial<DeviceProcessOptions> = {}, clock?: VirtualClock): Bench {
    return makeBench(source, { engine, ...options }, clock);
  }

  async function talker() {
    const setup = bench(await firmware({ main: TALKER }));
    const peers: Peer[] = [];
    setup.link.listen(7, (peer) => peers.push(peer));
    await setup.device.start();
    setup.clock.advance(10);
    return { ...setup, peers };
  }

  describe("a device", () => {
    test("talks through its socket, with buffers of its own realm", async () => {
      const { clock, peers, traces } = await talker();
      peers[0]!.send(Buffer.from("hi"));
      clock.advance(10);
      expect(text(peers[0])).toBe("hello");
      expect(traces.join("")).toBe("true hi\n");
    });

    test("stops cleanly: the firmware's close, then its last bytes and FIN, then the reset of the board", async () => {
      const { board, clock, device, peers } = await talker();
      const stopped = device.stop();
      await clock.advanceAsync(100);
      await stopped;
      expect(text(peers[0])).toBe("hellobye");
      expect(peers[0]!.finished).toBe(true);
      expect(device.state).toBe("off");
      expect(board.openInstances).toBe(0);
      expect(clock.pending).toBe(0);
    });

    test("whose close never calls back is stopped after 5 s", async () => {
      const { clock, device } = bench(
        await firmware({ main: "export default function () { return { close() {} }; }" }),
      );
      await device.start();
      let stopped = false;
      const stopping = device.stop().then(() => {
        stopped = true;
      });
      await clock.advanceAsync(4_999);
      expect(stopped).toBe(false);
      await clock.advanceAsync(1);
      await stopping;
    });

    test("that is killed says nothing: its peer finds a half-open connection, and nothing of it runs on", async () => {
      const { clock, device, peers, traces } = await talker();
      device.kill();
      peers[0]!.send(Buffer.from("anyone?"));
      await clock.advanceAsync(60_000);
      expect(peers[0]!.open).toBe(true);
      expect(traces).toEqual([]);
      expect(clock.pending).toBe(0);
    });

    test("restarts as new, and answers its old connections with a reset", async () => {
      const { clock, device, peers } = await talker();
      device.kill();
      await device.start();
      clock.advance(10);
      expect(peers.length).toBe(2);
      expect(text(peers[1])).toBe("hello");
      peers[0]!.send([1]);
      clock.advance(10);
      expect(peers[0]!.wasReset).toBe(true);
      expect(peers[1]!.open).toBe(true);
    });

    test("does not start twice", async () => {
      const { device } = await talker();
      await expect(device.start()).rejects.toThrow("runs already");
    });

    test("closes its IO with the power: a restart finds its pins free", async () => {
      const { board, device, exceptions } = bench(
        await firmware({
          main: `import device from "embedded:provider/builtin";
          export default function () { new device.io.Digital({ pin: 4, mode: device.io.Digital.Output }).write(1); }`,
        }),
      );
      await device.start();
      expect(board.openInstances).toBe(1);
      device.kill();
      await device.start();
      expect(exceptions).toEqual([]);
      expect(device.state).toBe("running");
    });
  });

  describe("three devices in one process", () => {
    test("share no module state, no globals and no built-ins", async () => {
      const source = await firmware({
        counter: "export const state = { count: 0 }; export class Counter { static total = 0; }",
        main: `
        import { Counter, state } from "./counter";
        import TCP from "embedded:io/socket/tcp";
        import Timer from "timer";
        export default function () {
          state.count += 1;
          Counter.total += 1;
          globalThis.shared = (globalThis.shared ?? 0) + 1;
          Array.prototype.mark = (Array.prototype.mark ?? 0) + 1;
          TCP.mark = (TCP.mark ?? 0) + 1;
          Timer.set(() => trace([state.count, Counter.total, globalThis.shared, [].mark, TCP.mark].join(" ")), 10);
        }`,
      });
      const clock = new VirtualClock();
      const benches = [1, 2, 3].map(() => bench(source, { frozen: false }, clock));
      // The platform's classes are frozen, so that a mark on them already fails.
      for (const { device } of benches) await device.start();
      for (const { exceptions } of benches) expect(exceptions[0]?.message).toContain("TypeError");

      const unmarked = await firmware({
        counter: "export const state = { count: 0 }; export class Counter { static total = 0; }",
        main: `
        import { Counter, state } from "./counter";
        import Timer from "timer";
        export default function () {
          state.count += 1;
          Counter.total += 1;
          globalThis.shared = (globalThis.shared ?? 0) + 1;
          Timer.set(() => trace([state.count, Counter.total, globalThis.shared].join(" ")), 10);
        }`,
      });
      const again = [1, 2, 3].map(() => bench(unmarked, { frozen: false }, clock));
      for (const { device } of again) await device.start();
      clock.advance(10);
      expect(again.map(({ traces }) => traces.join(""))).toEqual(["1 1 1", "1 1 1", "1 1 1"]);
    });

    test("cannot change a built-in, nor assign what an instance inherits from one, as on the chip", async () => {
      const attempts = [
        "Array.prototype.mark = 1;",
        "Math.random = () => 0;",
        'new (class extends Error { constructor() { super(); this.name = "Own"; } })();',
      ];
      for (const attempt of attempts) {
        const source = await firmware({ main: `export default function () { ${attempt} }` });
        const { device, exceptions } = bench(source, { frozen: false }, new VirtualClock());
        await device.start();
        expect(exceptions.map(({ message }) => message)).toEqual([expect.stringContaining("TypeError")]);
      }
    });

    test("go on when one of them fails", async () => {
      const clock = new VirtualClock();
      const main = `import Timer from "timer"; import config from "mc/config";
      export default function () {
        Timer.repeat(() => { if (config.fails) throw new Error("broken"); trace("."); }, 100);
      }`;
      const source = await firmware({ main });
      const benches = [false, true, false].map((fails) => bench(source, { config: { fails } }, clock));
      for (const { device } of benches) await device.start();
      clock.advance(500);
      expect(benches.map(({ traces }) => traces.length)).toEqual([5, 0, 5]);
      expect(benches.map(({ exceptions }) => exceptions.length)).toEqual([0, 1, 0]);
      expect(benches.map(({ device }) => device.state)).toEqual(["running", "failed", "running"]);
    });
  });

  describe("an uncaught exception", () => {
    test("ends the device and is reported once, with file and line of the TypeScript", async () => {
      const { clock, device, exceptions, network } = bench(
        await firmware({
          "deep/helper": `interface Unused {
  readonly a: number;
}

export function fail(value: unknown): never {
  throw new RangeError("no " + (value as string));
}
`,
          main: `import Timer from "timer";
import { fail } from "./deep/helper";
export default function () {
  Timer.repeat(() => { fail("luck"); }, 10);
}
`,
        }),
      );
      await device.start();
      clock.advance(100);
      expect(exceptions.length).toBe(1);
      const exception = exceptions[0]!;
      expect(exception.message).toMatch(
        /^fixture: uncaught RangeError: no luck \(.*deep\/helper\.ts:6(:9)?\)$/,
      );
      expect(exception.line).toBe(6);
      expect(exception.file).toMatch(/deep\/helper\.ts$/);
      expect(exception.stack).toMatch(/main\.ts:4[:)]/);
      expect(device.state).toBe("failed");
      expect(network.isOpen).toBe(false);
      expect(clock.pending).toBe(0);
      await device.start();
      expect(device.state).toBe("running");
    });

    test("in a socket's callback, in a pin's and while starting counts as well", async () => {
      const failures = {
        socket: `import TCP from "embedded:io/socket/tcp";
        export default function () { new TCP({ address: "10.0.0.1", port: 7, onError() { throw new Error("expected"); } }); }`,
        resolver: `import Resolver from "embedded:network/dns/resolver/udp"; import UDP from "embedded:io/socket/udp";
        export default function () {
          new Resolver({ servers: ["1.1.1.1"], socket: { io: UDP } }).resolve({ host: "10.1.1.1", onResolved() { throw new Error("expected"); } });
        }`,
        pin: `import device from "embedded:provider/builtin";
        export default function () {
          const { Digital } = device.io;
          new Digital({ pin: 4, mode: Digital.Input, edge: Digital.Rising, onReadable() { throw new Error("expected"); } });
        }`,
        start: `export default function () { throw new Error("expected"); }`,
      };
      for (const main of Object.values(failures)) {
        const { board, clock, device, exceptions } = bench(await firmware({ main }));
        await device.start();
        clock.advance(10);
        board.pin(4).drive(clock, 1);
        clock.advance(10);
        expect(exceptions.map(String)).toEqual([expect.stringContaining("Error: expected")]);
        expect(device.state).toBe("failed");
      }
    });

    test("while a preloaded module is evaluated ends the device, or, as in the SDK's linker, keeps it from starting", async () => {
      const { device, exceptions } = bench(
        await firmware({ main: `throw new Error("expected"); export default function () {}` }),
      );
      if (engine === "node") {
        await device.start();
        expect(exceptions[0]?.message).toContain("Error: expected");
      } else await expect(device.start()).rejects.toThrow("firmware fixture does not link: expected");
    });

    test("that is no Error is reported as it is", async () => {
      const { device, exceptions } = bench(
        await firmware({ main: `export default function () { throw 5; }` }),
      );
      await device.start();
      expect(exceptions[0]!.message).toBe("fixture: uncaught 5");
      if (engine === "node") expect(exceptions[0]!.cause).toBe(5);
    });
  });

  describe("with a restart delay", () => {
    test("starts again as new after every failure, until it is stopped", async () => {
      const main = `import Timer from "timer";
        export default function () { trace("start "); Timer.set(() => { throw new Error("broken"); }, 100); }`;
      const { clock, device, exceptions, traces } = bench(await firmware({ main }), { restartDelay: 1_000 });
      await device.start();
      clock.advance(100);
      expect(device.state).toBe("failed");
      clock.advance(999);
      expect(traces.join("")).toBe("start ");
      clock.advance(1);
      expect(device.state).toBe("running");
      clock.advance(1_100);
      expect([traces.join(""), exceptions.length, device.restarts]).toEqual(["start start start ", 2, 2]);
      device.kill();
      clock.advance(10_000);
      expect(device.state).toBe("off");
      expect(clock.pending).toBe(0);
    });
  });

  describe("imports", () => {
    test("of what the manifest lacks keep the device from starting, and are named", async () => {
      const lost = bench(await firmware({ main: `import { a } from "./lost"; export default () => a;` }));
      await expect(lost.device.start()).rejects.toThrow(/main\.ts imports lost/);
      const unlisted = bench(
        await firmware({ main: `import Timer from "timer"; export default () => Timer.set(() => {});` }, [
          "time",
        ]),
      );
      await expect(unlisted.device.start()).rejects.toThrow(/imports timer, which is not in its manifest/);
      const node = bench(
        await firmware({
          main: `import { readFileSync } from "node:fs"; export default () => readFileSync;`,
        }),
      );
      await expect(node.device.start()).rejects.toThrow(/imports node:fs, which is not simulated/);
      expect(node.device.state).toBe("off");
    });

    test("of types alone cost nothing", async () => {
      const { device } = bench(
        await firmware({
          main: `import type { Lost } from "./lost"; export default function (): Lost | undefined { return undefined; }`,
        }),
      );
      await device.start();
      expect(device.state).toBe("running");
    });
  });
});
