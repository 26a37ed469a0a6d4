import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type BoardDescription, esp32Thing, xiaoESP32S3Sense } from "../../host-sim/board/board-description";
import { ImageSensorPart } from "../../host-sim/board/parts/image-sensor";
import { LampPart } from "../../host-sim/board/parts/lamp";
import { PIRPart } from "../../host-sim/board/parts/pir";
import { PushButtonPart } from "../../host-sim/board/parts/push-button";
import { TMP117Part } from "../../host-sim/board/parts/tmp117";

import { BrokerVisit } from "../../host-sim/home/broker/broker-visit";
import { checkDiscovery } from "../../host-sim/home/home-assistant/check";
import { validateDiscovery } from "../../host-sim/home/home-assistant/validator";
import { DEVICE_IDS } from "../../host-sim/home/house/house-device";
import { seededRandom } from "../../host-sim/home/house/random";
import { createFirmwareBench, type FirmwareBench } from "../apps/firmware-bench";
import { brokers, type TestBroker } from "../support/brokers";
import { TestHouse } from "../support/test-house";

const BIRTH = "homeassistant/status";
const configOf = (id: string): string => `homeassistant/device/${id}/config`;

/** The longest that a device waits, ms. */
const JITTER = 5_000;
const BIRTHS = 4;
/** A seed with which the three devices of the house wait half a second or so, that the test need not wait longer. */
const QUICK_SEED = 137;

interface Firmware {
  readonly id: string;
  readonly firmware: "thermometer" | "light" | "camera";
  readonly description: BoardDescription;
  /** What it says again after a birth, in order. */
  readonly announcement: readonly string[];
  solder(bench: FirmwareBench): void;
}

const FIRMWARES: readonly Firmware[] = [
  {
    id: "temperature-sensor",
    firmware: "thermometer",
    description: esp32Thing,
    announcement: ["home/temperature-sensor/status", configOf("temperature-sensor"), "home/temp"],
    solder: ({ board }) => board.attach(new TMP117Part({ temperature: () => 21.5 })),
  },
  {
    id: "smart-light",
    firmware: "light",
    description: esp32Thing,
    announcement: ["home/smart-light/status", configOf("smart-light"), "home/light"],
    solder({ board }) {
      board.attach(new LampPart({ pin: 25 }));
      board.attach(new PushButtonPart({ pin: 0 }));
    },
  },
  {
    id: "security-camera",
    firmware: "camera",
    description: xiaoESP32S3Sense,
    announcement: ["home/security-camera/status", configOf("security-camera")],
    solder({ board }) {
      board.attach(new PIRPart({ pin: 2 }));
      board.attach(new ImageSensorPart({ capture: () => new Uint8Array(100) }));
    },
  },
];

describe.each(["node", "xs"] as const)("Home Assistant is born again and again, on %s", (engine) => {
  /** How long one device took to answer each birth, ms. */
  async function delays({ firmware, description, id, announcement, solder }: Firmware): Promise<number[]> {
    const bench = createFirmwareBench({
      firmware,
      description,
      config: { interval: 600_000 },
      process: { engine, random: seededRandom(1, id) },
    });
    const { broker, clock, device } = bench;
    solder(bench);
    await device.start();
    clock.advance(2_000);
    const found: number[] = [];
    for (let birth = 0; birth < BIRTHS; birth += 1) {
      const before = broker.packets.length;
      broker.publish(BIRTH, "online");
      broker.publish(BIRTH, "online"); // twice: one answer
      const born = clock.now();
      const answers = (): string[] =>
        broker.packets.slice(before).flatMap((packet) => (packet.cmd === "publish" ? [packet.topic] : []));
      while (answers().length === 0 && clock.now() - born < 2 * JITTER) clock.advance(10);
      found.push(clock.now() - born);
      clock.advance(2 * JITTER);
      expect(answers()).toEqual(announcement);
    }
    for (const { payload, qos: QoS, retain } of broker.publications(configOf(id)))
      expect(
        validateDiscovery({ topic: configOf(id), payload: payload as Buffer, QoS, retain }).findings,
      ).toEqual([]);
    await bench.stop();
    expect(bench.exceptions).toEqual([]);
    return found;
  }

  test("each device announces itself again within 5 s, each time and each device after another time", async () => {
    const all: number[] = [];
    for (const firmware of FIRMWARES) all.push(...(await delays(firmware)));
    // Seen every 10 ms, there and back through a network of 2 ms.
    expect(Math.max(...all)).toBeLessThanOrEqual(JITTER + 10);
    expect(new Set(all).size).toBeGreaterThan(BIRTHS * 2);
    expect(Math.max(...all) - Math.min(...all)).toBeGreaterThan(JITTER / 2);
  });
});

describe.each(brokers)("Home Assistant beside the house, on $name", ({ installed, start }) => {
  let broker: TestBroker;
  let house: TestHouse;
  let visit: BrokerVisit;

  beforeEach(async ({ skip }) => {
    if (!installed) skip();
    broker = await start();
    house = new TestHouse({ broker: broker.address, seed: QUICK_SEED });
    await house.house.start();
    visit = await BrokerVisit.begin(broker.address);
    for (const device of DEVICE_IDS)
      await house.until({ event: "published", device, topic: configOf(device) });
  });

  afterEach(async () => {
    if (!installed) return;
    await visit.end();
    await house.stop();
    await broker.stop();
  });

  test("finds three devices without a fault, and at its birth each announces itself again within 5 s", async () => {
    const found = await checkDiscovery(visit, { quiet: 50 });
    expect(found.map(({ topic, findings }) => ({ topic, findings }))).toEqual(
      [...DEVICE_IDS]
        .map((id) => ({ topic: configOf(id), findings: [] }))
        .sort((a, b) => (a.topic < b.topic ? -1 : 1)),
    );
    for (const { byteLength } of found) expect(byteLength).toBeLessThanOrEqual(700);
    const born = performance.now();
    await visit.publish(BIRTH, "online", { QoS: 0 });
    const times: number[] = [];
    await Promise.all(
      DEVICE_IDS.map(async (device) => {
        await house.until({ event: "published", device, topic: configOf(device) }, 2);
        times.push(performance.now() - born);
      }),
    );
    expect(Math.max(...times)).toBeLessThan(JITTER + 500);
    expect(new Set(times.map(Math.round)).size).toBe(DEVICE_IDS.length);
    const report = await house.stop();
    expect(report.lost).toBe(0);
    for (const { published, acknowledged, id } of report.devices)
      expect([published[configOf(id)], acknowledged[configOf(id)]]).toEqual([2, 2]);
  });
});
