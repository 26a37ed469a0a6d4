import { describe, expect, it } from "vitest";
import type { HostCall, HostFunctions, Reference } from "../../host-sim/xs/machine";
import type { ModuleSource } from "../../host-sim/xs/modules";
import { rootOf, watch } from "./support";

const PORT: ModuleSource = {
  native: true,
  source: `class Port @ "Port.destructor" {
  constructor(options) @ "Port.constructor";
  write(bytes) @ "Port.write";
  read(buffer) @ "Port.read";
  close() @ "Port.close";
  get count() @ "Port.count";
  static open(options) { return new Port(options); }
}
export default Port;
`,
};

const DEVICE = `import Port from "port";
const events = [];
let port;
export function open() {
  const target = { name: "target" };
  port = new Port({ pin: 5, target, onReadable(count) { events.push([this === port, count, this.read()]); } });
  return port instanceof Port;
}
export function read() { return events; }
export const write = (n) => port.write(Uint8Array.of(n, n + 1));
export function fill() { const buffer = new Uint8Array(4); port.read(buffer); return buffer; }
const options = Object.freeze({ pin: 7 });
export const empty = () => { port = undefined; };
export const bare = () => { port = new Port(options); };
export const count = () => port.count;
export const close = () => { port.close(); port = undefined; };
export const drop = () => { port = undefined; };
export const callWithout = () => Port.prototype.write.call({}, new ArrayBuffer(1));
export class Special extends Port { extra() { return this.count + 1; } }
export const special = () => new Special({ pin: 6, target: null, onReadable() {} }).extra();
`;

class FakePort {
  readonly self: Reference;
  readonly onReadable: Reference;
  readonly options: Record<string, unknown>;
  readonly written: number[][] = [];
  isDropped = false;

  constructor(call: HostCall) {
    this.options = call.parameters[0] as Record<string, unknown>;
    this.onReadable = this.options.onReadable as Reference;
    this.self = call.retainThis();
  }

  dropped(): void {
    this.isDropped = true;
  }
}

function instance(call: HostCall): FakePort {
  if (!(call.instance instanceof FakePort)) throw new TypeError("this is no Port");
  return call.instance;
}

function start(): { device: Reference; ports: FakePort[]; machine: ReturnType<typeof watch>["machine"] } {
  const ports: FakePort[] = [];
  const functions: HostFunctions = {
    "Port.constructor": (call) => {
      const port = new FakePort(call);
      if (port.options.pin === 99) throw new RangeError("no pin 99");
      ports.push(port);
      return port;
    },
    "Port.write": (call) => {
      const bytes = call.parameters[0] as Uint8Array;
      instance(call).written.push([...bytes]);
      return bytes.length;
    },
    "Port.read": (call) => {
      const [buffer] = call.parameters;
      if (buffer === undefined) return Uint8Array.of(1, 2, 3).buffer;
      (buffer as Uint8Array).set([9, 8], 1);
      return 2;
    },
    "Port.count": (call) => instance(call).written.length,
    "Port.close": (call) => {
      const port = instance(call);
      port.onReadable.release();
      port.self.unbind();
      port.self.release();
    },
  };
  const root = rootOf({ port: PORT, device: DEVICE });
  const { machine } = watch(root, "light", { functions });
  return { device: machine.import("device"), ports, machine };
}

describe("a class of the host's", () => {
  it("is constructed with options: data copied, functions and target by reference", () => {
    const { device, ports } = start();
    expect(device.invoke("open")).toBe(true);
    expect(ports[0]?.options.pin).toBe(5);
    expect(ports[0]?.onReadable.callable).toBe(true);
    expect((ports[0]!.options.target as Reference).get("name")).toBe("target");
  });

  it("calls back with the object as this, and gives buffers", () => {
    const { device, ports, machine } = start();
    device.invoke("open");
    machine.deliver(ports[0]!.onReadable, ports[0]!.self, [3]);
    expect(device.invoke("read")).toEqual([[true, 3, Uint8Array.of(1, 2, 3)]]);
  });

  it("reads and writes the program's buffers in place", () => {
    const { device, ports } = start();
    device.invoke("open");
    expect(device.invoke("write", [7])).toBe(2);
    expect(ports[0]?.written).toEqual([[7, 8]]);
    expect(device.invoke("fill")).toEqual(Uint8Array.of(0, 9, 8, 0));
    expect(device.invoke("count")).toBe(1);
  });

  it("can be extended by a class of the program's", () => {
    const { device } = start();
    expect(device.invoke("special")).toBe(1);
  });

  it("is dropped when the program lets go of it after close", () => {
    const { device, ports, machine } = start();
    device.invoke("open");
    device.invoke("drop");
    machine.collectGarbage();
    expect(ports[0]?.isDropped).toBe(false);
    ports[0]!.self.release();
    machine.collectGarbage();
    expect(ports[0]?.isDropped).toBe(true);
  });

  it("costs the program what an object of the board's costs: two slots", () => {
    const { device, machine } = start();
    device.invoke("empty");
    machine.collectGarbage();
    const before = machine.statistics();
    device.invoke("bare");
    machine.collectGarbage();
    expect(machine.statistics().slots - before.slots).toBe(2);
  });

  it("throws in the program what its function throws, under the same name", () => {
    const { device } = start();
    expect(() => device.invoke("callWithout")).toThrow("this is no Port");
  });

  it("is an error of the program where nobody has implemented it", () => {
    const root = rootOf({ m: { native: true, source: `export default function f() @ "Nobody.f";` } });
    expect(() => watch(root, "light").machine.import("m").invoke("default")).toThrow(
      'host function "Nobody.f" is not there',
    );
  });
});
