import { describe, expect, it } from "vitest";
import { Board } from "../../host-sim/board/board";
import { esp32Thing, xiaoESP32S3Sense } from "../../host-sim/board/board-description";
import { ImageSensorPart } from "../../host-sim/board/parts/image-sensor";
import { TMP117Part } from "../../host-sim/board/parts/tmp117";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import type { EngineName } from "../../host-sim/device-process";
import { providedSpecifiers } from "../../host-sim/embedded/index";
import { Link } from "../../host-sim/network/link";
import { NetworkInterface } from "../../host-sim/network/network-interface";
import { platformModules } from "../../host-sim/xs/device-modules";
import { bench, firmware } from "../device-process/firmware-fixture";

/** Notes what each attempt gives or throws; attempts are JavaScript, with the platform at hand. */
function attempts(...lines: readonly string[]): string {
  return `import device from "embedded:provider/builtin";
import Camera from "embedded:io/image/in/camera";
import Digital from "embedded:io/digital";
import DigitalBank from "embedded:io/digitalbank";
import I2C from "embedded:io/i2c";
import PWM from "embedded:io/pwm";
import SMBus from "embedded:io/smbus";
import TCP from "embedded:io/socket/tcp";
import UDP from "embedded:io/socket/udp";
import Resolver from "embedded:network/dns/resolver/udp";
import WiFi from "embedded:network/interface/wifi";
import SNTP from "sntp";
import Time from "time";
import Timer from "timer";
function show(value) {
  if (value instanceof ArrayBuffer) return "buffer " + Array.from(new Uint8Array(value)).join(" ");
  return typeof value === "object" ? JSON.stringify(value) : typeof value === "function" ? "function" : String(value);
}
export default function () {
  const note = (...parts) => trace(parts.map(show).join(" ") + "\\n");
  const kept = {};
  const tries = [${lines.map((line) => `() => { ${line} }`).join(",\n")}];
  for (const attempt of tries) {
    try { note(attempt()); } catch (error) { note(error.name + ": " + error.message); }
  }
}
`;
}

async function notes(engine: EngineName, main: string): Promise<string[]> {
  const clock = new VirtualClock();
  const board = new Board({
    clock,
    description: main.includes("new Camera") ? xiaoESP32S3Sense : esp32Thing,
  });
  const link = new Link({ clock, latency: 2 });
  const network = new NetworkInterface({ clock, network: link });
  const config = { ssid: main.includes("new WiFi") ? "home" : "" };
  const source = await firmware({ main });
  const { device, exceptions, traces } = bench(source, { engine, board, network, config }, clock);
  board.attach(new TMP117Part({ temperature: () => 21.5 }));
  if (main.includes("new Camera"))
    board.attach(new ImageSensorPart({ capture: () => Uint8Array.of(255, 216, 1, 2, 3) }));
  link.addHost("broker.test", "10.0.0.1");
  link.onDatagram = (bytes, address, port, from) => link.sendDatagram(port, bytes, address, from);
  link.listen(7, (peer) => {
    peer.onData = (bytes) => peer.send(bytes);
  });
  await device.start();
  for (let step = 0; step < 20; step += 1) {
    clock.advance(500);
    if (step === 10) board.pin(4).drive(clock, 1);
    if (step === 11) network.dropConnections();
  }
  device.kill();
  expect(exceptions).toEqual([]);
  return traces.join("").split("\n");
}

describe("the platform in XS does and throws what it does in Node's engine:", () => {
  it.each([
    [
      "digital",
      `kept.pin = new Digital({ pin: 4, mode: Digital.Input, edge: Digital.Rising | Digital.Falling, target: kept,
        onReadable(triggered) { note("edge", triggered, this.target === kept, this === kept.pin, this.read()); } }); return kept.pin.format;`,
      "new Digital({ pin: 4, mode: Digital.Output });",
      "new Digital({ pin: 99, mode: Digital.Output });",
      "new Digital({ mode: Digital.Output });",
      "new Digital({ pin: 5, mode: 77 });",
      "new Digital({ pin: 34, mode: Digital.Output });",
      "new Digital({ pin: 6, mode: Digital.Input, onReadable() {} });",
      "new Digital({ pin: 6, mode: Digital.Input, edge: 1, onReadable: 5 });",
      "kept.pin.write(1);",
      'kept.pin.format = "buffer";',
      "const out = new Digital({ pin: 5, mode: Digital.Output, initialValue: 1 }); out.write(0); try { return out.read(); } finally { out.close(); out.close(); }",
      "const out = new Digital({ pin: 5, mode: Digital.Output }); out.close(); out.write(1);",
      "const bank = new DigitalBank({ pins: 6 << 11, mode: DigitalBank.InputPullUp }); return bank.read();",
      "return [Digital.Input, Digital.InputPullUp, Digital.InputPullDown, Digital.InputPullUpDown, Digital.Output, Digital.OutputOpenDrain, Digital.ActiveLow, Digital.Rising, Digital.Falling];",
    ],
    [
      "PWM",
      "kept.pwm = new PWM({ pin: 25, hz: 5000, resolution: 13 }); return [kept.pwm.hz, kept.pwm.resolution];",
      "kept.pwm.write(8192);",
      "kept.pwm.write(4000);",
      "kept.again = new PWM({ from: kept.pwm, hz: 1000 }); return kept.again.hz;",
      "kept.pwm.write(1);",
      "new PWM({ pin: 25 });",
      "new PWM({ pin: 26, resolution: 3 });",
      "kept.again.close(); new PWM({ pin: 25 }).write(1);",
    ],
    [
      "I2C and SMBus",
      "kept.bus = new I2C({ ...device.I2C.default, address: 0x48, hz: 400000, target: kept }); return kept.bus.target === kept;",
      "kept.bus.write(Uint8Array.of(0x0f), false); return kept.bus.read(2);",
      "const into = new Uint8Array(2); const count = kept.bus.writeRead(Uint8Array.of(0x0f), into); return [count, ...into];",
      "const large = new Uint8Array(8); return [kept.bus.writeRead(Uint8Array.of(0x0f), large.subarray(3, 5)), ...large];",
      "new I2C({ ...device.I2C.default, address: 0x48, hz: 400000 });",
      "new I2C({ data: 21, clock: 22, hz: 400000 });",
      "const nobody = new I2C({ ...device.I2C.default, address: 0x20, hz: 400000 }); return [nobody.write(new Uint8Array(0)), nobody.write(Uint8Array.of(1))];",
      "kept.bus.write({});",
      "kept.bus.close(); kept.bus.read(2);",
      "kept.smbus = new SMBus({ ...device.I2C.default, address: 0x48, hz: 400000 }); return [kept.smbus.readUint16(0x0f, true), kept.smbus.readUint8(0x0f)];",
      "kept.smbus.writeUint16(0x02, 0x1234, true); return kept.smbus.readBuffer(0x02, 2);",
      "kept.smbus.close(); kept.smbus.readUint8(0);",
    ],
    [
      "TCP",
      'new TCP({ address: "broker.test", port: 7 });',
      'new TCP({ address: "10.0.0.1" });',
      'new TCP({ address: "10.0.0.1", port: 70000 });',
      'new TCP({ address: "10.0.0.1", port: 7, onReadable: "x" });',
      'new TCP({ address: "10.0.0.1", port: 7, format: "text" });',
      `kept.socket = new TCP({ address: "10.0.0.1", port: 7, nodelay: true, target: kept,
        onWritable(free) { note("writable", free); if (!kept.written) kept.written = [this.write(Uint8Array.of(1, 2, 3, 4, 5, 6)), this.write(new Uint8Array(10).subarray(2, 4)), this.write(new ArrayBuffer(0))]; note(kept.written); },
        onReadable(count) { note("readable", count, this.target === kept); const into = new Uint8Array(2); note(this.read(into), into); note(this.read(1)); try { this.read(100); } catch (error) { note(error.name, error.message); } note(this.read()); },
        onError() { try { this.write(new ArrayBuffer(1)); } catch (error) { note("error", error.message); } this.close(); } });
       return [kept.socket.remoteAddress, kept.socket.remotePort, kept.socket.format];`,
      "kept.socket.write(new ArrayBuffer(1));",
      "return kept.socket.read();",
      `kept.full = new TCP({ address: "10.0.0.1", port: 7, onWritable() { if (this.done) return; this.done = true; try { this.write(new ArrayBuffer(6000)); } catch (error) { note(error.name, error.message); } this.close(); try { this.write(new ArrayBuffer(1)); } catch (error) { note(error.name, error.message); } } });`,
      `kept.numbers = new TCP({ address: "10.0.0.1", port: 7, format: "number", onWritable() { if (!this.done) this.write(65); this.done = true; }, onReadable() { note("number", this.read()); } });`,
    ],
    [
      "UDP and DNS",
      `kept.a = new UDP({ port: 5001, target: 7, onReadable(count) { const packet = this.read(); note("packet", count, this.target, packet.address, packet.port, packet.byteLength); note(this.read() ?? "none"); } });
       kept.b = new UDP({ port: 5002 }); return kept.a.format;`,
      'kept.b.write(Uint8Array.of(1, 2, 3), "192.168.4.2", 5001);',
      'kept.b.write(new ArrayBuffer(1), "nowhere", 1);',
      "kept.b.close(); kept.b.read();",
      "new UDP({ port: -1 });",
      "new Resolver({});",
      'kept.resolver = new Resolver({ servers: ["1.1.1.1"], socket: { io: UDP } }); kept.resolver.resolve({ host: "broker.test" });',
      'kept.resolver.resolve({ host: "broker.test", onResolved(host, address) { note("resolved", host, address, this === kept.resolver); } });',
      'kept.resolver.resolve({ host: "nobody.test", onResolved() {}, onError(host) { note("not resolved", host); kept.resolver.close(); } });',
    ],
    [
      "Wi-Fi",
      `kept.wifi = new WiFi({ target: kept, onChanged(property) { note(property, this.connection, this.address ?? "none", this.SSID ?? "none", this.target === kept); } }); return kept.wifi.connection;`,
      "kept.wifi.connect({});",
      'kept.wifi.connect({ SSID: "home", password: "x" });',
      'kept.wifi.connect({ SSID: "home" });',
      'kept.wifi.scan({ onFound(found) { note("found", found); }, onComplete() { note("complete", this === kept.wifi); } });',
      "kept.wifi.scan({});",
      "return [kept.wifi.MAC, kept.wifi.RSSI];",
      "const other = new WiFi({}); other.close(); return other.connection;",
    ],
    [
      "time and SNTP",
      `Time.timezone = 3600; Time.dst = 60; return [Time.timezone, Time.dst, Time.ticks, Time.delta(10, 25), Time.delta(-5)];`,
      'Time.set(1000); return Date.now() + " " + new Date().toISOString();',
      `new SNTP({ host: "nobody.test" }, (message, value) => { note(message === SNTP.error, String(value)); return kept.asked ? undefined : (kept.asked = "broker.test"); });`,
      `new SNTP({ host: "broker.test" }, (message, value) => { note(message === SNTP.time, value); }); return [SNTP.time, SNTP.retry, SNTP.error];`,
      'Timer.set(() => note("timer"), 5); Timer.set("x");',
      "Timer.delay(5);",
    ],
    [
      "the camera",
      'new Camera({ imageType: "png" });',
      'new Camera({ imageType: "jpeg", width: 9999, height: 1 });',
      `kept.camera = new Camera({ width: 320, height: 240, imageType: "jpeg", format: "buffer/disposable", target: kept,
        onReadable(count) {
          const frame = this.read();
          if (!frame) return;
          const bytes = new Uint8Array(frame);
          note("frame", count, frame.byteLength, bytes[0], bytes[4], this.target === kept);
          frame.close();
          frame.close();
          try { note(bytes.length ? bytes[0] ?? "gone" : "gone"); } catch (error) { note("gone"); }
          if ((kept.frames = (kept.frames ?? 0) + 1) === 3) this.stop();
        } }); return [kept.camera.width, kept.camera.height, kept.camera.imageType, kept.camera.format];`,
      'new Camera({ imageType: "jpeg" });',
      "const first = kept.camera.read(); first.close(); kept.camera.start(); return kept.camera.configuration;",
      "kept.camera.configure({ brightness: 1 }); return kept.camera.identification;",
      'kept.camera.format = "text";',
    ],
  ])("%s", async (_name, ...lines) => {
    const [node, xs] = [await notes("node", attempts(...lines)), await notes("xs", attempts(...lines))];
    expect(xs.filter((line) => line.includes("is not there"))).toEqual([]);
    expect(xs).toEqual(node);
    expect(xs.length).toBeGreaterThan(lines.length);
  });

  it("offers every module that it offers there", () => {
    const provided = [...Object.keys(platformModules(esp32Thing, {})), "timer"];
    expect(provided.sort()).toEqual([...providedSpecifiers].sort());
  });
});

describe("objects of the board in XS", () => {
  const live = async (main: string): Promise<[number, number]> => {
    const { clock, device, exceptions } = bench(await firmware({ main }), { engine: "xs" });
    await device.start();
    clock.advance(1_000);
    const before = device.usage({ live: true })!.slots;
    clock.advance(20_000);
    expect(exceptions).toEqual([]);
    return [before, device.usage({ live: true })!.slots];
  };

  it("are asked for by their methods alone: anything else is refused in the board's words", async () => {
    const { device, exceptions } = bench(
      await firmware({
        main: `import PWM from "embedded:io/pwm"; import Digital from "embedded:io/digital";
          export default function () { Digital.prototype.write.call(new PWM({ pin: 25 }), 1); }`,
      }),
      { engine: "xs" },
    );
    await device.start();
    expect(exceptions[0]?.message).toContain("SyntaxError: C: xsGetHostData: invalid host data");
  });

  it("can be collected once they are closed, with their callbacks", async () => {
    const [before, after] = await live(`import TCP from "embedded:io/socket/tcp"; import Timer from "timer";
      export default function () { Timer.repeat(() => new TCP({ address: "10.0.0.1", port: 7, onReadable() {}, onError() {} }).close(), 100); }`);
    expect(after).toBe(before);
  });

  it("are kept until they are closed, as the board remembers them", async () => {
    const [before, after] = await live(`import TCP from "embedded:io/socket/tcp"; import Timer from "timer";
      export default function () { let count = 0; Timer.repeat(() => { if (++count < 30) new TCP({ address: "10.0.0.1", port: 7, onReadable() {}, onError() {} }); }, 100); }`);
    expect(after - before).toBeGreaterThanOrEqual(2 * 19);
  });
});
