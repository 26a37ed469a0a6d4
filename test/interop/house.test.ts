import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { DEVICE_IDS, type DeviceId } from "../../host-sim/home/house/house-device";
import type { ObservedPacket } from "../../host-sim/home/observer/wire-observer";
import { brokers, type TestBroker } from "../support/brokers";
import { referees } from "../support/mosquitto";
import { TestHouse } from "../support/test-house";

const run = promisify(execFile);

describe.each(brokers)("the house on $name", ({ installed, start }) => {
  let broker: TestBroker;
  let house: TestHouse;
  let packets: (ObservedPacket & { device: DeviceId })[];
  let stopped: boolean;

  beforeEach(async ({ skip }) => {
    if (!installed) skip();
    broker = await start();
    packets = [];
    stopped = false;
    house = new TestHouse({
      broker: broker.address,
      onPacket: (device, observed) => packets.push({ device, ...observed }),
    });
    await house.house.start();
    for (const id of DEVICE_IDS)
      await house.until({ event: "received", topic: `home/${id}/status`, payload: "online" });
  });

  afterEach(async () => {
    if (!installed) return;
    if (!stopped) await house.stop();
    await broker.stop();
  });

  async function stop(): ReturnType<TestHouse["stop"]> {
    stopped = true;
    return await house.stop();
  }

  async function publish(topic: string, payload: string): Promise<void> {
    const { host, port } = broker.address;
    const program = referees?.mosquittoPub as string;
    await run(program, ["-h", host, "-p", String(port), "-q", "1", "-t", topic, "-m", payload]);
  }

  /** The duty that the firmware has last set, in steps of its resolution. */
  function duty(): number {
    const writes = house.house.board("smart-light").journal.entries({ device: "pwm", operation: "write" });
    return writes.at(-1)?.value ?? 0;
  }

  test("readings, motion and light reach the subscriber, and every device ends with offline", async () => {
    house.perform({ action: "motion" });
    house.perform({ action: "button" });
    await house.until({ event: "received", topic: "home/temp" }, 5);
    await house.until({ event: "received", topic: "home/camera" });
    await house.until({ event: "received", topic: "home/camera/image" });
    await house.until({ event: "received", topic: "home/light" }, 2);
    const report = await stop();
    expect(report).toMatchObject({ broker: broker.url, lost: 0 });
    expect(report.devices.map(({ id, reconnects, errors }) => ({ id, reconnects, errors }))).toEqual(
      DEVICE_IDS.map((id) => ({ id, reconnects: 0, errors: [] })),
    );
    for (const id of DEVICE_IDS) {
      const status = house.matching({ event: "received", topic: `home/${id}/status` });
      expect(status.map(({ payload }) => payload)).toEqual(["online", "offline"]);
    }
    const [thermometer] = report.devices;
    expect(thermometer?.acknowledged["home/temp"]).toBe(thermometer?.published["home/temp"]);
    expect(report.received["home/temp"]).toBe(thermometer?.published["home/temp"]);
  });

  test("a packet is one TCP write, a picture excepted, and a reading costs nothing but its bytes", async () => {
    house.perform({ action: "motion" });
    await house.until({ event: "received", topic: "home/camera/image" });
    await house.until({ event: "received", topic: "home/temp" }, 3);
    await stop();
    const isPicture = ({ packet }: ObservedPacket): boolean =>
      packet.cmd === "publish" && packet.topic === "home/camera/image";
    const others = packets.filter((packet) => !isPicture(packet));
    expect(others.length).toBeGreaterThan(10);
    expect(others.filter(({ writes, shared }) => writes !== 1 || shared)).toEqual([]);
    const readings = packets.filter(({ packet }) => packet.cmd === "publish" && packet.topic === "home/temp");
    for (const { packet, byteLength } of readings) {
      if (packet.cmd !== "publish") continue;
      // Fixed header, topic with its length, packet identifier (QoS 1), payload.
      expect(byteLength).toBe(2 + 2 + 9 + 2 + packet.payload.length);
    }
  });

  describe.skipIf(!referees)("and mosquitto's own clients", () => {
    test("mosquitto_pub switches the lamp: PWM duty, and its state, retained", async () => {
      await house.until({ event: "received", topic: "home/light" });
      expect(duty()).toBe(0);
      await publish("home/light/set", '{"state":"ON","brightness":128}');
      const state = '{"state":"ON","brightness":128}';
      await house.until({ event: "received", topic: "home/light", payload: state });
      const { host, port } = broker.address;
      const program = referees?.mosquittoSub as string;
      const target = ["-h", host, "-p", String(port), "-t", "home/light"];
      const { stdout } = await run(program, [...target, "--retained-only", "-C", "1", "-W", "5"]);
      expect(stdout).toBe(`${state}\n`);
      // Gamma 2.2 over 13 bits, once the fade is over.
      const expected = 8_191 * (128 / 255) ** 2.2;
      await expect.poll(duty, { timeout: 5_000 }).toBeGreaterThan(expected - 30);
      expect(duty()).toBeLessThan(expected + 30);
      await publish("home/light/set", '{"state":"OFF"}');
      await expect.poll(duty, { timeout: 5_000 }).toBe(0);
      expect((await stop()).lost).toBe(0);
    });

    test("a broken command changes nothing and is reported on the log topic", async () => {
      await house.until({ event: "received", topic: "home/light" });
      const { journal } = house.house.board("smart-light");
      const before = [
        journal.entries({ device: "pwm" }),
        house.count({ event: "received", topic: "home/light" }),
      ];
      await publish("home/light/set", '{"state":"ON","brightness":');
      await house.until({ event: "received", topic: "home/smart-light/log" });
      const [entry] = house.matching({ event: "received", topic: "home/smart-light/log" });
      expect(JSON.parse(entry?.payload as string)).toMatchObject({
        code: 410,
        message: expect.stringContaining("is not JSON"),
      });
      await publish("home/light/set", '{"state":"ON","brightness":999}');
      await house.until({ event: "received", topic: "home/smart-light/log" }, 2);
      const after = [
        journal.entries({ device: "pwm" }),
        house.count({ event: "received", topic: "home/light" }),
      ];
      expect(after).toEqual(before);
    });
  });

  test("the broker dies and comes back: so do the devices, and nothing accepted is lost", async () => {
    await house.until({ event: "received", topic: "home/temp" }, 3);
    house.perform({ action: "motion" });
    await broker.kill();
    for (const device of DEVICE_IDS) await house.until({ event: "disconnected", device });
    // The lamp is switched and the visitor waves while nobody can hear of it.
    house.perform({ action: "button" });
    await broker.restart();
    for (const device of DEVICE_IDS) await house.until({ event: "connected", device, reconnects: 1 });
    const readings = house.count({ event: "received", topic: "home/temp" });
    await house.until({ event: "received", topic: "home/temp" }, readings + 3);
    await house.until({ event: "received", topic: "home/camera" });
    const report = await stop();
    expect(report.lost).toBe(0);
    expect(house.matching({ event: "received", topic: "home/camera" })).toHaveLength(1);
    const lights = house.matching({ event: "received", topic: "home/light" });
    expect(JSON.parse(lights.at(-1)?.payload as string)).toMatchObject({ state: "ON" });
    expect(report.devices.map(({ reconnects }) => reconnects)).toEqual([1, 1, 1]);
    // Not only what was acknowledged: whatever went out at QoS 1 or 2 has arrived, whichever broker heard of it.
    const accepted = house
      .matching({ event: "published" })
      .filter(({ QoS, topic }) => QoS !== 0 && (topic as string).startsWith("home/"));
    const missing = accepted.filter(
      ({ topic, payload }) => house.count({ event: "received", topic, payload }) === 0,
    );
    expect(missing).toEqual([]);
  });

  test("a device whose network is cut comes back by itself when it is restored", async () => {
    await house.until({ event: "received", topic: "home/temp" }, 2);
    house.perform({ action: "cut", device: "temperature-sensor" });
    house.perform({ action: "temperature", celsius: 30 });
    house.perform({ action: "restore", device: "temperature-sensor" });
    await house.until({ event: "received", topic: "home/temp", payload: "30.0" });
    expect((await stop()).lost).toBe(0);
  });
});
