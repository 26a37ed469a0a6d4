import { expect, it } from "vitest";
import { ESP32_CREATION } from "../../host-sim/xs/creation";
import type { Reference } from "../../host-sim/xs/machine";
import { combineModules, FileModules, TextModules } from "../../host-sim/xs/modules";
import { type Cost, costBetween } from "../../host-sim/xs/statistics";
import { engine } from "./support";

const DEVICE_MODULES = ["device/mqtt/packet-writer", "device/mqtt/packet-reader", "device/mqtt/utf8-string"];

/** 20 bytes of payload to `home/temp`, QoS 1, in a buffer made once. */
const BENCH = `
import { writePublishHeader } from "device/mqtt/packet-writer";
import { PacketReader } from "device/mqtt/packet-reader";
import { encodeString } from "device/mqtt/utf8-string";
class Bench {
  buffer = new Uint8Array(64);
  topic = encodeString("home/temp");
  payload = new Uint8Array(20).fill(0x78);
  reader = new PacketReader();
  length = 0;
}
let bench;
export function prepare() { bench = new Bench; }
export function nothing() {}
export function encode() {
  const { buffer, topic, payload } = bench;
  const offset = writePublishHeader(buffer, 0, topic, payload.byteLength, 1, false, false, 10);
  buffer.set(payload, offset);
  bench.length = offset + payload.byteLength;
}
export function parse() {
  const { buffer, reader, length } = bench;
  for (let start = 0; start < length; ) start = reader.feed(buffer, start, length);
}
export const bytes = () => bench.buffer.subarray(0, bench.length);
`;

function start(lines: boolean): { bench: Reference; cost(name: string): Cost } {
  const root = engine.createRoot({
    modules: combineModules(new TextModules({ bench: BENCH }), new FileModules(".")),
    preload: [...DEVICE_MODULES, "bench"],
    lines,
  });
  const machine = root.createMachine({ name: "bench", creation: ESP32_CREATION });
  const bench = machine.import("bench");
  const functions = new Map(
    ["nothing", "encode", "parse"].map((name) => [name, bench.reference(name)] as const),
  );
  bench.invoke("prepare");
  machine.collectGarbage();
  const spent = (name: string): Cost => {
    const before = machine.statistics();
    functions.get(name)!.run();
    return costBetween(before, machine.statistics());
  };
  return {
    bench,
    cost(name) {
      spent(name);
      const call = spent("nothing");
      const cost = spent(name);
      return { ...cost, work: cost.work - call.work };
    },
  };
}

it("encodes a PUBLISH as MQTT 3.1.1 section 3.3 has it", () => {
  const { bench } = start(true);
  bench.invoke("encode");
  const topic = [...Buffer.from("home/temp")];
  expect([...(bench.invoke("bytes") as Uint8Array)]).toEqual(
    // PUBLISH, QoS 1; Remaining Length 33; topic; Packet Identifier 10; payload
    [0x32, 33, 0, 9, ...topic, 0, 10, ...Array<number>(20).fill(0x78)],
  );
});

it("encodes without garbage", () => {
  const { cost } = start(false);
  expect(cost("encode")).toMatchObject({ slots: 0, chunkBytes: 0, garbageCollections: 0 });
});

it("does the same metered work in every run and every machine", () => {
  const first = start(false);
  const second = start(false);
  const costs = [first.cost("encode"), first.cost("encode"), second.cost("encode")];
  expect(new Set(costs.map((cost) => JSON.stringify(cost))).size).toBe(1);
});

it("does more work with lines compiled in, and allocates the same", () => {
  const without = start(false);
  const withLines = start(true);
  for (const name of ["encode", "parse"]) {
    if (name === "parse") {
      without.bench.invoke("encode");
      withLines.bench.invoke("encode");
    }
    const release = without.cost(name);
    const debug = withLines.cost(name);
    expect(debug.bytes).toBe(release.bytes);
    expect(debug.work).toBeGreaterThan(release.work);
    if (process.env.TRACE) process.stderr.write(`${name}: ${JSON.stringify(release)}\n`);
  }
});

it("measures bytecode without lines", () => {
  const root = engine.createRoot({ modules: new FileModules(".") });
  const { code, symbols } = root.measureModule("device/mqtt/topic");
  expect(code).toBeGreaterThan(200);
  expect(code).toBeLessThan(4_096);
  expect(symbols).toBeGreaterThan(20);
  expect(root.measureModule("device/mqtt/topic")).toEqual({ code, symbols });
});
