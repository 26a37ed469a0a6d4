import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SMART_LIGHT, TEMPERATURE_SENSOR } from "../../../device/home/description";
import { formatDiscovery } from "../../../device/home/discovery";
import { BrokerVisit } from "../../../host-sim/home/broker/broker-visit";
import {
  type CleanOptions,
  type CleanReport,
  cleanDevice,
} from "../../../host-sim/home/home-assistant/clean";
import type { Household } from "../../../host-sim/home/household/household";
import { brokers, type TestBroker } from "../../support/brokers";
import { lockedBrokers, makeHousehold, removeHousehold } from "../../support/household";

const QUIET = 30;
const LAMP = "homeassistant/device/lamp-1/config";

/** What a light with this id and topic has announced. */
function lampConfig(id: string, topic?: string): string {
  return formatDiscovery({ id, description: SMART_LIGHT, topic, name: undefined, interval: undefined });
}

describe.each(brokers)("thimble clean on $name", ({ name, installed, start }) => {
  let broker: TestBroker;
  let visit: BrokerVisit;

  beforeEach(async ({ skip }) => {
    if (!installed) skip();
    broker = await start();
    visit = await BrokerVisit.begin(broker.address);
  });

  afterEach(async () => {
    if (!installed) return;
    await visit.end();
    await broker.stop();
  });

  async function keep(messages: Record<string, string>): Promise<void> {
    await Promise.all(
      Object.entries(messages).map(([topic, payload]) => visit.publish(topic, payload, { retain: true })),
    );
  }

  async function kept(): Promise<string[]> {
    return [...(await visit.retained(["#"], QUIET)).keys()].sort();
  }

  function clean(options: Partial<CleanOptions> = {}): Promise<CleanReport> {
    return cleanDevice({ device: "lamp-1", reader: visit, quiet: QUIET, ...options });
  }

  test("clears discovery, status, states and left commands of a device, and of no other", async () => {
    const others = {
      "home/lamp-2/status": "offline",
      "home/hall/light": "{}",
      "homeassistant/status": "online",
      "homeassistant/device/lamp-2/config": lampConfig("lamp-2", "home/hall/light"),
      "somebody/else": "x",
    };
    await keep({
      ...others,
      [LAMP]: lampConfig("lamp-1", "home/attic/light"),
      "home/lamp-1/status": "offline",
      "home/attic/light": '{"state":"OFF"}',
      "home/attic/light/set": '{"state":"ON"}',
    });
    const report = await clean();
    expect(report).toEqual({
      device: "lamp-1",
      dryRun: false,
      cleared: [
        { topic: LAMP, byteLength: lampConfig("lamp-1", "home/attic/light").length },
        { topic: "home/lamp-1/status", byteLength: 7 },
        { topic: "home/attic/light", byteLength: 15 },
        { topic: "home/attic/light/set", byteLength: 14 },
      ],
      kept: [],
    });
    expect(await kept()).toEqual(Object.keys(others).sort());
    expect((await clean()).cleared).toEqual([]);
  });

  test("tells what it would clear, and clears nothing, in a dry run", async () => {
    await keep({ [LAMP]: lampConfig("lamp-1"), "home/lamp-1/status": "offline" });
    const before = await kept();
    const report = await clean({ dryRun: true });
    expect(report.cleared.map(({ topic }) => topic)).toEqual([LAMP, "home/lamp-1/status"]);
    expect(await kept()).toEqual(before);
  });

  test("refuses while the device is online, unless it is forced to", async () => {
    await keep({ [LAMP]: lampConfig("lamp-1"), "home/lamp-1/status": "online" });
    await expect(clean()).rejects.toThrow("lamp-1 is online, and would say it all again");
    expect(await kept()).toHaveLength(2);
    expect((await clean({ force: true })).cleared).toHaveLength(2);
    expect(await kept()).toEqual([]);
  });

  // What follows is about what is cleared, whoever the broker is.
  if (name !== "Aedes") return;

  test("leaves a topic that another device names too", async () => {
    await keep({
      [LAMP]: lampConfig("lamp-1"),
      "homeassistant/device/lamp-2/config": lampConfig("lamp-2"),
      "home/light": '{"state":"OFF"}',
    });
    const report = await clean();
    expect(report.cleared.map(({ topic }) => topic)).toEqual([LAMP]);
    expect(report.kept).toEqual([
      { topic: "home/light", reason: "homeassistant/device/lamp-2/config names it too" },
    ]);
    expect(await kept()).toEqual(["home/light", "homeassistant/device/lamp-2/config"]);
  });

  test("leaves what is another's whatever a discovery says", async () => {
    const message = JSON.parse(lampConfig("lamp-1")) as Record<string, unknown>;
    await keep({
      [LAMP]: JSON.stringify({ ...message, avty_t: "home/lamp-2/status", stat_t: "homeassistant/status" }),
      "home/lamp-2/status": "offline",
    });
    expect((await clean()).kept).toEqual([
      { topic: "home/lamp-2/status", reason: "it is not this device's" },
    ]);
  });

  test("clears a device without discovery by the topics that it is told", async () => {
    await keep({ "home/lamp-1/status": "offline", "home/attic/light": "{}" });
    expect((await clean()).cleared).toHaveLength(1);
    expect((await clean({ topics: ["home/attic/light"] })).cleared).toHaveLength(1);
    expect(await kept()).toEqual([]);
  });

  test("finds a discovery below another prefix", async () => {
    await keep({ "ha/device/lamp-1/config": lampConfig("lamp-1") });
    expect((await clean()).cleared).toEqual([]);
    expect((await clean({ prefix: "ha" })).cleared).toHaveLength(1);
  });

  test("clears a discovery that is no JSON, and that alone", async () => {
    await keep({ [LAMP]: "{", "home/light": "{}" });
    expect((await clean()).cleared.map(({ topic }) => topic)).toEqual([LAMP]);
  });

  test("keeps its hands off what Thimble has not announced, and off what is no device id", async () => {
    await keep({ [LAMP]: '{"dev":{"ids":"a"},"o":{"name":"Zigbee2MQTT"},"cmps":{}}' });
    await expect(clean({ force: true })).rejects.toThrow(
      'lamp-1 was announced by "Zigbee2MQTT": only Thimble\'s own devices are cleaned',
    );
    for (const device of ["+", "#", "a/b", ""])
      await expect(clean({ device })).rejects.toThrow(`"${device}" is no device id`);
    expect(await kept()).toEqual([LAMP]);
  });
});

describe.each(lockedBrokers)("thimble clean behind locked doors, on $name", ({ installed, start }) => {
  let household: Household;
  let broker: Awaited<ReturnType<typeof start>>;

  beforeEach(async ({ skip }) => {
    if (!installed) skip();
    household = await makeHousehold();
    broker = await start(household);
  });

  afterEach(async () => {
    if (!installed) return;
    await broker.stop();
    await removeHousehold(household);
  });

  test("takes the rights of the device, and of nobody else", async () => {
    const device = "temperature-sensor";
    const visitOf = (name: string): Promise<BrokerVisit> =>
      BrokerVisit.begin(broker.address, household.credentialsOf(name), name);
    const reader = await visitOf("home-assistant");
    const writer = (): Promise<BrokerVisit> => visitOf(device);
    const other = (): Promise<BrokerVisit> => visitOf("smart-light");
    try {
      const config = formatDiscovery({
        id: device,
        description: TEMPERATURE_SENSOR,
        topic: undefined,
        name: undefined,
        interval: 1_000,
      });
      const thermometer = await writer();
      for (const [topic, payload] of [
        [`homeassistant/device/${device}/config`, config],
        [`home/${device}/status`, "offline"],
        ["home/temp", "21.5"],
      ] as const)
        await thermometer.publish(topic, payload, { retain: true });
      await thermometer.end();
      // The embedded broker ends the connection of whom it forbids something, mosquitto is silent.
      await expect(cleanDevice({ device, reader, writer: other, quiet: QUIET })).rejects.toThrow(
        /does not let me clear it|ended the connection at the request to publish to/,
      );
      const report = await cleanDevice({ device, reader, writer, quiet: QUIET });
      expect(report.cleared).toHaveLength(3);
      expect((await reader.retained(["home/#", "homeassistant/#"], QUIET)).size).toBe(0);
    } finally {
      await reader.end();
    }
  });
});

test("a broker that is not there is named", async () => {
  await expect(BrokerVisit.begin({ host: "127.0.0.1", port: 1 })).rejects.toThrow(
    "cannot use the broker at mqtt://127.0.0.1:1: connect ECONNREFUSED",
  );
});
