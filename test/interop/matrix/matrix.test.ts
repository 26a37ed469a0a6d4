import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { MUST } from "../../../device/client/delivery";
import type { MQTTClientOptions } from "../../../device/client/mqtt-client";
import ReliableClient from "../../../device/client/reliable-client";
import { Session } from "../../../device/mqtt/session";
import { RealDevice } from "../../support/real-device";
import { DeviceClient } from "./device-client";
import { BROKERS, DEVICE_ID, HOST, type MatrixBroker, type Transport } from "./matrix-brokers";
import { PEERS, type Peer, type ProtocolVersion, type QoS } from "./peers";

vi.mock("timer", () => import("../../support/real-timer"));
// A cell takes some milliseconds; should a broker or a peer be lost, the rest of the matrix must not wait for long.
vi.setConfig({ testTimeout: 5_000 });

/** The versions of MQTT that the client speaks, as one row each; brokers that do not speak one are left out. */
const VERSIONS: readonly {
  readonly name: string;
  readonly version: ProtocolVersion;
  readonly options: Partial<MQTTClientOptions>;
  readonly brokers: readonly string[];
}[] = [{ name: "3.1.1", version: 4, options: {}, brokers: ["mosquitto", "Aedes 2", "Aedes 1.2"] }];

const LEVELS: readonly QoS[] = [0, 1, 2];

/** A topic that no other test has. */
let topics = 0;
function newTopic(): string {
  topics += 1;
  return `matrix/${topics}`;
}

for (const { name: versionName, version, options: versionOptions, brokers } of VERSIONS) {
  for (const kind of BROKERS.filter(({ name }) => brokers.includes(name))) {
    describe.skipIf(!kind.installed)(`MQTT ${versionName} with ${kind.name}`, () => {
      let broker: MatrixBroker;
      beforeAll(async () => {
        broker = await kind.start();
      });
      afterAll(() => broker?.stop());

      for (const peerKind of PEERS) {
        describe.skipIf(!peerKind.installed)(`and ${peerKind.name} at the other end`, () => {
          let peer: Peer;
          beforeAll(async () => {
            peer = await peerKind.start("127.0.0.1", broker.port, version);
          });
          afterAll(() => peer?.stop());
          for (const transport of kind.transports)
            describe(`over ${transport}`, () =>
              cells(
                () => broker,
                () => peer,
                transport,
                versionOptions,
              ));
        });
      }
    });
  }
}

/** The cells of one line of the matrix. */
function cells(
  broker: () => MatrixBroker,
  peer: () => Peer,
  transport: Transport,
  versionOptions: Partial<MQTTClientOptions>,
): void {
  const clients: { end(): void }[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.end();
  });

  async function connect(options: Partial<MQTTClientOptions> = {}): Promise<DeviceClient> {
    const client = new DeviceClient(broker(), transport, { ...versionOptions, ...options });
    clients.push(client);
    await client.connected;
    return client;
  }

  test.each(LEVELS)("publishes at QoS %i: each message arrives once, in order", async (QoS) => {
    const topic = newTopic();
    await peer().subscribe(topic, 2);
    const client = await connect();
    const payloads = ["21.5", "", "x".repeat(3_000), "end"];
    for (const [index, payload] of payloads.entries()) await client.publish(topic, payload, QoS, index + 1);
    const messages = await peer().messages(topic, payloads.length);
    expect(messages).toEqual(payloads.map((payload) => ({ topic, payload, QoS, retain: false })));
  });

  test.each(LEVELS)("receives at QoS %i: each message once, in order", async (QoS) => {
    const topic = newTopic();
    const client = await connect();
    expect(await client.subscribe(topic, QoS)).toBe(QoS);
    const payloads = ["ON", "", "x".repeat(3_000), "end"];
    for (const payload of payloads) await peer().publish(topic, payload, { QoS: 2 });
    const messages = await client.received(payloads.length);
    expect(messages).toEqual(payloads.map((payload) => ({ topic, payload, QoS, retain: false })));
  });

  test("a will is published when the connection breaks, and not after DISCONNECT", async () => {
    const topic = newTopic();
    const will = { topic, message: "offline", QoS: 1, retain: false };
    await peer().subscribe(topic, 2);
    const parting = await connect({ will });
    await parting.disconnect();
    const broken = await connect({ will: { ...will, message: "broken" } });
    broken.device.network.dropConnections();
    expect(await peer().messages(topic, 1)).toEqual([{ topic, payload: "broken", QoS: 1, retain: false }]);
  });

  test("a retained message is kept for later, both ways, and an empty one clears it", async () => {
    const topic = newTopic();
    const client = await connect();
    await client.publish(topic, "kept", 1, 1, true);
    await peer().subscribe(topic, 1);
    expect(await peer().messages(topic, 1)).toEqual([{ topic, payload: "kept", QoS: 1, retain: true }]);
    await peer().publish(`${topic}/back`, "kept too", { QoS: 1, retain: true });
    await client.subscribe(`${topic}/back`, 1);
    const [message] = await client.received(1);
    expect(message).toEqual({ topic: `${topic}/back`, payload: "kept too", QoS: 1, retain: true });
    for (const [index, cleared] of [topic, `${topic}/back`].entries())
      await client.publish(cleared, "", 1, 2 + index, true);
    const later = await connect({ id: "matrix-later" });
    await later.subscribe(`${topic}/#`, 1);
    await peer().publish(`${topic}/back`, "new", { QoS: 1 });
    expect((await later.received(1)).map(({ payload }) => payload)).toEqual(["new"]);
  });

  test("a session is resumed: what was published meanwhile arrives, without subscribing again", async () => {
    const topic = newTopic();
    const session = new Session();
    const before = await connect({ clean: false, session });
    await before.subscribe(topic, 2);
    await before.disconnect();
    for (const QoS of [1, 2] as const) await peer().publish(topic, `QoS ${QoS}`, { QoS });
    const after = await connect({ clean: false, session });
    expect(after.sessionPresent).toBe(true);
    expect(await after.received(2)).toMatchObject([
      { topic, payload: "QoS 1", QoS: 1 },
      { topic, payload: "QoS 2", QoS: 2 },
    ]);
    await after.disconnect();
    const fresh = await connect({ clean: true });
    expect(fresh.sessionPresent).toBe(false);
  });

  test("ReliableClient comes back by itself, and what it accepted meanwhile arrives once", async () => {
    const topic = newTopic();
    const device = new RealDevice();
    await peer().subscribe(topic, 2);
    await peer().publish(`${topic}/go`, "now", { QoS: 1, retain: true });
    const connections: boolean[] = [];
    const client = new ReliableClient({
      host: HOST,
      id: DEVICE_ID,
      dns: device.dns,
      ...broker().way(transport, device),
      minimumDelay: 10,
      onConnect(sessionPresent) {
        connections.push(sessionPresent);
        this.subscribe(`${topic}/go`, 1);
      },
      onMessage() {
        if (connections.length === 1) device.network.dropConnections();
      },
      onDisconnect() {
        for (const QoS of LEVELS) this.publish(topic, `QoS ${QoS}`, { QoS, delivery: MUST });
      },
    });
    clients.push({
      end() {
        client.close();
        device.close();
      },
    });
    const messages = await peer().messages(topic, 3);
    // Order is promised within one QoS only (MQTT 3.1.1 section 4.6).
    expect(messages.map(({ payload }) => payload).sort()).toEqual(["QoS 0", "QoS 1", "QoS 2"]);
    expect(connections).toEqual([false, true]);
    await new Promise((resolve) => client.flush(1_000, resolve));
    client.close();
    device.close();
    // The next cell finds no session.
    await (await connect({ clean: true })).disconnect();
  });
}
