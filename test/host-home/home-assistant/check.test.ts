import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { SECURITY_CAMERA, SMART_LIGHT } from "../../../device/home/description";
import { formatDiscovery } from "../../../device/home/discovery";
import { BrokerVisit } from "../../../host-sim/home/broker/broker-visit";
import { checkDiscovery } from "../../../host-sim/home/home-assistant/check";
import { brokers, type TestBroker } from "../../support/brokers";

const QUIET = 30;

const NOTHING = { topic: undefined, name: undefined, interval: undefined };
const LIGHT = formatDiscovery({ id: "lamp-1", description: SMART_LIGHT, ...NOTHING });
const CAMERA = formatDiscovery({ id: "camera-1", description: SECURITY_CAMERA, ...NOTHING });

describe.each(brokers)("a broker's discovery messages, on $name,", ({ installed, start }) => {
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

  async function keep(messages: Record<string, string>, QoS: 0 | 1 = 1): Promise<void> {
    await Promise.all(
      Object.entries(messages).map(([topic, payload]) =>
        visit.publish(topic, payload, { retain: true, QoS }),
      ),
    );
  }

  /** `topic: level path message`, one line a finding. */
  async function lines(prefix?: string): Promise<string[]> {
    const messages = await checkDiscovery(visit, {
      quiet: QUIET,
      ...(prefix === undefined ? {} : { prefix }),
    });
    return messages.flatMap(({ topic, findings }) =>
      findings.map(({ level, path, message }) => `${topic}: ${level} ${path} ${message}`),
    );
  }

  test("are all found, in order, below their prefix", async () => {
    await keep({
      "homeassistant/device/lamp-1/config": LIGHT,
      "homeassistant/device/camera-1/config": CAMERA,
      "home/lamp-1/status": "offline",
      "home/camera-1/status": "online",
      "homeassistant/sensor/node/x/config": '{"uniq_id":"x","stat_t":"a","avty_t":"home/lamp-1/status"}',
      "homeassistant/other": "x",
    });
    const messages = await checkDiscovery(visit, { quiet: QUIET });
    expect(messages.map(({ topic, name, findings }) => [topic, name, findings])).toEqual([
      ["homeassistant/device/camera-1/config", "Security Camera", []],
      ["homeassistant/device/lamp-1/config", "Smart Light", []],
      ["homeassistant/sensor/node/x/config", "", []],
    ]);
    expect(await checkDiscovery(visit, { quiet: QUIET, prefix: "ha" })).toEqual([]);
  });

  test("are held against what the broker keeps on the topics that they name", async () => {
    await keep({
      "homeassistant/device/lamp-1/config": LIGHT,
      "homeassistant/device/camera-1/config": CAMERA,
      "home/camera-1/status": "online",
      "home/camera": '{"event_type":"motion"}',
      "home/light/set": '{"state":"ON"}',
    });
    expect(await lines()).toEqual([
      "homeassistant/device/camera-1/config: error components.motion_event.state_topic the broker keeps an event on home/camera, which Home Assistant ignores: publish events without retain",
      "homeassistant/device/lamp-1/config: warning components.light.availability_topic the broker keeps nothing on home/lamp-1/status: after its restart the device is unavailable",
      "homeassistant/device/lamp-1/config: warning components.light.command_topic the broker keeps a command on home/light/set: it switches the device at its next start",
    ]);
  });

  test("must not have the same unique id twice", async () => {
    await keep({
      "ha/device/a/config": LIGHT,
      "ha/device/b/config": LIGHT,
      "home/lamp-1/status": "offline",
    });
    expect(await lines("ha")).toEqual([
      'ha/device/b/config: error components.light.unique_id "lamp-1_light" is in ha/device/a/config too',
    ]);
  });

  test("that are broken are told, and so is QoS 0", async () => {
    await keep({ "homeassistant/device/a/config": "{" });
    await keep({ "homeassistant/device/lamp-1/config": LIGHT, "home/lamp-1/status": "offline" }, 0);
    expect(await lines()).toEqual([
      "homeassistant/device/a/config: error  is not a JSON object in UTF-8",
      "homeassistant/device/lamp-1/config: warning  has QoS 0: it may be lost, and the device with it",
    ]);
  });
});
