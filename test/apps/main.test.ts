import { describe, expect, it } from "vitest";
import { esp32Thing, xiaoESP32S3Sense } from "../../host-sim/board/board-description";
import { ImageSensorPart } from "../../host-sim/board/parts/image-sensor";
import { LampPart } from "../../host-sim/board/parts/lamp";
import { PIRPart } from "../../host-sim/board/parts/pir";
import { PushButtonPart } from "../../host-sim/board/parts/push-button";
import { TMP117Part } from "../../host-sim/board/parts/tmp117";
import { createFirmwareBench, type FirmwareBench } from "./firmware-bench";

/** Stops the device and checks what every firmware owes: no exception, `offline` before DISCONNECT, nothing left open. */
async function end({ board, broker, device, exceptions, stop }: FirmwareBench, id: string): Promise<void> {
  expect(exceptions).toEqual([]);
  expect(device.state).toBe("running");
  await stop();
  expect(broker.lines().slice(-2)).toEqual([`publish home/${id}/status 1 retained`, "disconnect"]);
  expect(broker.payloads(`home/${id}/status`).at(-1)).toBe("offline");
  expect(exceptions).toEqual([]);
  expect(board.openInstances).toBe(0);
}

describe("the firmware thermometer", () => {
  const PART = { temperature: () => -3.25 };

  it("publishes what the chip on its bus measures, from its default function alone", async () => {
    const bench = createFirmwareBench({
      firmware: "thermometer",
      description: esp32Thing,
      config: { interval: "500" },
    });
    bench.board.attach(new TMP117Part(PART));
    await bench.device.start();
    bench.clock.advance(10_000);
    const { broker } = bench;
    expect(broker.packets[0]).toMatchObject({
      cmd: "connect",
      clientId: "temperature-sensor",
      will: { topic: "home/temperature-sensor/status", qos: 1, retain: true },
    });
    expect(broker.lines().slice(1, 4)).toEqual([
      "subscribe homeassistant/status 0",
      "publish home/temperature-sensor/status 1 retained",
      "publish homeassistant/device/temperature-sensor/config 1 retained",
    ]);
    expect(broker.payloads("home/temp").length).toBeGreaterThanOrEqual(18);
    expect(new Set(broker.payloads("home/temp"))).toEqual(new Set(["-3.3"]));
    expect(broker.publications("home/temp")[0]).toMatchObject({ qos: 1, retain: true });
    await end(bench, "temperature-sensor");
  });

  it("takes its id, topic, user and password from the settings", async () => {
    const config = { id: "attic", topic: "home/attic/temp", user: "u", password: "p" };
    const bench = createFirmwareBench({ firmware: "thermometer", description: esp32Thing, config });
    bench.board.attach(new TMP117Part(PART));
    await bench.device.start();
    bench.clock.advance(20_000);
    expect(bench.broker.packets[0]).toMatchObject({ clientId: "attic", username: "u" });
    expect(bench.broker.payloads("home/attic/temp")).toContain("-3.3");
    await end(bench, "attic");
  });

  it.each([
    [{}, ["homeassistant/device/temperature-sensor/config"]],
    [{ discovery: "ha" }, ["ha/device/temperature-sensor/config"]],
    [{ discovery: "" }, []],
  ])("announces itself to Home Assistant as the settings %o say", async (config, topics) => {
    const bench = createFirmwareBench({ firmware: "thermometer", description: esp32Thing, config });
    bench.board.attach(new TMP117Part(PART));
    await bench.device.start();
    bench.clock.advance(1_000);
    const { broker } = bench;
    const published = broker.packets.flatMap((packet) => (packet.cmd === "publish" ? [packet.topic] : []));
    expect(published.filter((topic) => topic.endsWith("/config"))).toEqual(topics);
    expect(broker.lines().filter((line) => line.startsWith("subscribe"))).toHaveLength(topics.length);
    await end(bench, "temperature-sensor");
  });

  it("joins its Wi-Fi first, and again until the access point is there", async () => {
    const bench = createFirmwareBench({
      firmware: "thermometer",
      description: esp32Thing,
      config: { ssid: "home", wifiPassword: "right horse" },
      accessPoint: { SSID: "home", password: "right horse" },
    });
    bench.board.attach(new TMP117Part(PART));
    bench.network.cut({ accessPoint: true });
    await bench.device.start();
    bench.clock.advance(60_000);
    expect(bench.broker.packets).toEqual([]);
    bench.network.restore();
    bench.clock.advance(90_000);
    expect(bench.broker.payloads("home/temp")).toContain("-3.3");
    expect(bench.traces.join("")).toContain('network: joined "home"');
    expect(bench.traces.join("")).not.toContain("right horse");
    await end(bench, "temperature-sensor");
  });

  it.each([
    [{ broker: "" }, "config.broker is missing"],
    [{ interval: "soon" }, 'config.interval "soon" is not a number above 0'],
    [{ port: -1 }, 'config.port "-1" is not a number above 0'],
    [{ id: "a/b" }, 'id "a/b" is not 1 to 64 of the characters'],
    [{ discovery: "ha/" }, 'discovery "ha/" has + or #, or begins or ends with /'],
  ])("ends at once with the settings %o, saying why", async (config, message) => {
    const bench = createFirmwareBench({ firmware: "thermometer", description: esp32Thing, config });
    await bench.device.start();
    expect(bench.exceptions.map(({ message: text }) => text)).toEqual([expect.stringContaining(message)]);
    expect(bench.device.state).toBe("failed");
  });

  it("can be stopped while it still looks for its Wi-Fi", async () => {
    const bench = createFirmwareBench({
      firmware: "thermometer",
      description: esp32Thing,
      config: { ssid: "elsewhere" },
      accessPoint: { SSID: "home" },
    });
    await bench.device.start();
    bench.clock.advance(5_000);
    await bench.stop();
    expect(bench.exceptions).toEqual([]);
    expect(bench.device.state).toBe("off");
  });
});

describe("the firmware light", () => {
  it("obeys commands on pin 25, toggles by the button on pin 0, and publishes its state", async () => {
    const bench = createFirmwareBench({ firmware: "light", description: esp32Thing });
    const lamp = bench.board.attach(new LampPart({ pin: 25 }));
    const button = bench.board.attach(new PushButtonPart({ pin: 0 }));
    const { broker, clock } = bench;
    await bench.device.start();
    clock.advance(1_000);
    expect(broker.lines().slice(1)).toEqual([
      "subscribe home/light/set 1",
      "subscribe homeassistant/status 0",
      "publish home/smart-light/status 1 retained",
      "publish homeassistant/device/smart-light/config 1 retained",
      "publish home/light 1 retained",
    ]);
    broker.publish("home/light/set", '{"state":"ON","brightness":128}');
    clock.advance(1_000);
    expect(lamp.output).toBeCloseTo((128 / 255) ** 2.2, 3);
    broker.publish("home/light/set", '{"state":"ON","brightness":');
    clock.advance(1_000);
    expect(lamp.output).toBeCloseTo((128 / 255) ** 2.2, 3);
    expect(JSON.parse(broker.payloads("home/smart-light/log")[0] ?? "")).toMatchObject({
      level: "error",
      code: 410,
    });
    button.press();
    clock.advance(1_000);
    expect(lamp.output).toBe(0);
    expect(broker.payloads("home/light")).toEqual([
      '{"state":"OFF","brightness":255}',
      '{"state":"ON","brightness":128}',
      '{"state":"OFF","brightness":128}',
    ]);
    expect(bench.board.journal.discarded).toBe(0);
    await end(bench, "smart-light");
  });
});

describe("the firmware camera", () => {
  it("turns motion on pin 2 into an event and a picture", async () => {
    const bench = createFirmwareBench({ firmware: "camera", description: xiaoESP32S3Sense });
    const pir = bench.board.attach(new PIRPart({ pin: 2, holdTime: 500 }));
    const picture = new Uint8Array(20_000).map((_, index) => index * 31);
    const imageSensor = bench.board.attach(new ImageSensorPart({ capture: () => picture }));
    const { broker, clock } = bench;
    await bench.device.start();
    clock.advance(1_000);
    for (let visit = 0; visit < 3; visit += 1) {
      pir.motion();
      clock.advance(5_000);
    }
    const { boot } = JSON.parse(broker.payloads("home/camera")[0]!) as { boot: number };
    expect(Number.isInteger(boot)).toBe(true);
    expect(broker.payloads("home/camera")).toEqual(
      [1, 2, 3].map((n) => `{"event_type":"motion","boot":${boot},"sequence":${n}}`),
    );
    expect(broker.publications("home/camera")[0]).toMatchObject({ qos: 2, retain: false });
    const images = broker.publications("home/camera/image");
    expect(images).toHaveLength(3);
    expect(images[0]).toMatchObject({ qos: 0, retain: false });
    expect(Buffer.compare(Buffer.from(images[0]!.payload), Buffer.from(picture))).toBe(0);
    expect(imageSensor.statistics).toMatchObject({ unclosed: 0, misused: 0 });
    await end(bench, "security-camera");
    expect(imageSensor.statistics).toMatchObject({ unclosed: 0, misused: 0 });
  });
});
