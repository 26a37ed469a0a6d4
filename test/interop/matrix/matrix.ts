import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { MUST } from "../../../device/client/delivery";
import type { MQTTClientOptions } from "../../../device/client/mqtt-client-options";
import ReliableClient from "../../../device/client/reliable-client";
import type { ReliableClientOptions } from "../../../device/client/reliable-client-options";
import { Session } from "../../../device/mqtt/session";
import { RealDevice } from "../../support/real-device";
import { DeviceClient } from "./device-client";
import { BROKERS, DEVICE_ID, HOST, type MatrixBroker, type Transport } from "./matrix-brokers";
import { PEERS, type Peer, type ProtocolVersion, type QoS } from "./peers";

/** What differs between the versions of MQTT. */
export interface MatrixVersion {
  readonly name: string;
  /** Which the peer at the other end speaks. */
  readonly version: ProtocolVersion;
  /** Options of both clients. */
  readonly options: Pick<MQTTClientOptions & ReliableClientOptions, "protocol">;
  /** More options of `MQTTClient`, where its session shall be kept. */
  readonly sessionOptions: Partial<MQTTClientOptions>;
  /** The brokers that speak it, by name. */
  readonly brokers: readonly string[];
}

const LEVELS: readonly QoS[] = [0, 1, 2];

/** A topic that no other test has. */
let topics = 0;
function newTopic(): string {
  topics += 1;
  return `matrix/${topics}`;
}

/** One test for each cell: broker, client at the other end, way in, and what is exchanged. */
export function matrix(row: MatrixVersion): void {
  // A cell takes some milliseconds; should a broker or a peer be lost, the rest of the matrix must not wait for long.
  vi.setConfig({ testTimeout: 5_000 });
  for (const kind of BROKERS.filter(({ name }) => row.brokers.includes(name))) {
    describe.skipIf(!kind.installed)(`MQTT ${row.name} with ${kind.name}`, () => {
      let broker: MatrixBroker;
      beforeAll(async () => {
        broker = await kind.start();
      });
      afterAll(() => broker?.stop());

      for (const peerKind of PEERS) {
        describe.skipIf(!peerKind.installed)(`and ${peerKind.name} at the other end`, () => {
          let peer: Peer;
          beforeAll(async () => {
            peer = await peerKind.start("127.0.0.1", broker.port, row.version);
          });
          afterAll(() => peer?.stop());
          // The slowest way in, mosquitto's WebSocket waking every 50 ms, is the same for either peer.
          const ways = kind.transports.filter((way) => way !== "secure WebSocket" || peerKind === PEERS[0]);
          for (const transport of ways)
            describe(`over ${transport}`, () =>
              cells(
                () => broker,
                () => peer,
                transport,
                row,
              ));
        });
      }
    });
  }
}

/** The cells of one line of the matrix. */
function cells(broker: () => MatrixBroker, peer: () => Peer, transport: Transport, row: MatrixVersion): void {
  const clients: { end(): void }[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.end();
  });

  async function connect(options: Partial<MQTTClientOptions> = {}): Promise<DeviceClient> {
    const client = new DeviceClient(broker(), transport, { ...row.options, ...options });
    clients.push(client);
    await client.connected;
    return client;
  }

  test.each(LEVELS)("publishes at QoS %i: each message arrives once, in order", async (QoS) => {
    const topic = newTopic();
    await peer().subscribe(topic, 2);
    const client = await connect();
    const payloads = ["21.5", "", "x".repeat(3_000), "end"];
    await Promise.all(payloads.map((payload, index) => client.publish(topic, payload, QoS, index + 1)));
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
    const before = await connect({ ...row.sessionOptions, clean: false, session });
    await before.subscribe(topic, 2);
    await before.disconnect();
    for (const QoS of [1, 2] as const) await peer().publish(topic, `QoS ${QoS}`, { QoS });
    const after = await connect({ ...row.sessionOptions, clean: false, session });
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
      ...row.options,
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
