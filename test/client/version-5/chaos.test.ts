import type { Packet } from "mqtt-packet";
import { expect, test } from "vitest";
import { MUST } from "../../../device/client/delivery";
import { clock } from "../../support/timer";
import { ReliableBench } from "./bench";
import type { Connection, PacketOf, Version5Broker } from "./broker";

const TOPICS: readonly string[] = ["home/first", "home/second", "home/third", "home/fourth"];

/** Deterministic numbers, 0 to less than 1. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/**
 * A broker with a session that takes each connection at its word: it allows so many messages at a time and so many aliases as it
 * drew for it, refuses some messages, and checks that the client keeps to all of that.
 */
class SessionModel {
  /** "topic payload" of what was accepted. */
  readonly delivered: string[] = [];
  /** Payloads that were refused. */
  readonly refused: string[] = [];
  readonly faults: string[] = [];
  readonly #random: () => number;
  readonly #received = new Set<number>();
  readonly #aliases = new Map<number, string>();
  #connections = 0;
  #receiveMaximum = 0;
  #aliasMaximum = 0;
  /** Messages of this connection that are not answered to the end, late answers included. */
  readonly #open = new Set<number>();

  constructor(broker: Version5Broker, random: () => number) {
    this.#random = random;
    broker.script = (packet, from) => this.#take(packet, from);
  }

  #take(packet: Packet, from: Connection): boolean {
    if (packet.cmd === "connect") this.#accept(from);
    else if (packet.cmd === "publish") this.#publish(packet, from);
    else if (packet.cmd === "pubrel") this.#release(packet.messageId ?? 0, from);
    else return false;
    return true;
  }

  #accept(from: Connection): void {
    this.#receiveMaximum = 1 + Math.floor(this.#random() * 4);
    this.#aliasMaximum = Math.floor(this.#random() * 4);
    this.#aliases.clear();
    this.#open.clear();
    from.reply({
      cmd: "connack",
      reasonCode: 0,
      sessionPresent: this.#connections++ > 0,
      properties: { receiveMaximum: this.#receiveMaximum, topicAliasMaximum: this.#aliasMaximum },
    });
  }

  #topicOf({ topic, properties }: PacketOf<"publish">): string {
    const alias = properties?.topicAlias ?? 0;
    if (alias > this.#aliasMaximum) this.faults.push(`alias ${alias} of ${this.#aliasMaximum}`);
    if (topic && alias > 0) this.#aliases.set(alias, topic);
    return topic || (this.#aliases.get(alias) ?? "unknown");
  }

  #publish(packet: PacketOf<"publish">, from: Connection): void {
    const { qos, messageId = 0, payload } = packet;
    const topic = this.#topicOf(packet);
    this.#open.add(messageId);
    if (this.#open.size > this.#receiveMaximum)
      this.faults.push(`${this.#open.size} messages of ${this.#receiveMaximum}`);
    const isNew = qos === 1 || !this.#received.has(messageId);
    const refuses = isNew && this.#random() < 0.05;
    if (refuses) this.refused.push(String(payload));
    else if (isNew) this.delivered.push(`${topic} ${payload}`);
    if (qos === 2 && !refuses) this.#received.add(messageId);
    if (qos === 1 || refuses) this.#open.delete(messageId);
    from.reply({ cmd: qos === 1 ? "puback" : "pubrec", messageId, reasonCode: refuses ? 0x97 : 0 });
  }

  #release(messageId: number, from: Connection): void {
    const known = this.#received.delete(messageId);
    this.#open.delete(messageId);
    from.reply({ cmd: "pubcomp", messageId, reasonCode: known ? 0 : 0x92 });
  }
}

test.each(Array.from({ length: 20 }, (_, index) => index + 1))(
  "through random resets and cuts every message is delivered or refused, QoS 2 once, within quota and aliases (seed %i)",
  (seed) => {
    const random = seeded(seed);
    let model: SessionModel | undefined;
    const bench = new ReliableBench(
      { random, outboxByteLength: 64_000, keepAlive: 5000, minimumDelay: 20, maximumDelay: 200 },
      (broker) => {
        model = new SessionModel(broker, random);
      },
    );
    const count = 150;
    const qosOf = (index: number): 1 | 2 => (index % 3 === 0 ? 1 : 2);
    for (let index = 0; index < count; index++) {
      const properties = index % 4 === 0 ? { contentType: "text/plain", messageExpiryInterval: 86_400 } : {};
      bench.client.publish(TOPICS[index % TOPICS.length]!, `${index}`, {
        QoS: qosOf(index),
        delivery: MUST,
        properties,
      });
      const chance = random();
      if (chance < 0.1) bench.broker.network.dropConnections();
      else if (chance < 0.16) bench.connection.peer.reset();
      else if (chance < 0.2) {
        bench.broker.network.cut();
        clock.advance(random() * 12_000);
        bench.broker.network.restore();
      }
      clock.advance(random() * 40);
    }
    for (let waited = 0; waited < 600_000 && bench.client.waiting > 0; waited += 1000) clock.advance(1000);
    const { delivered, refused, faults } = model!;
    expect(faults).toEqual([]);
    const values = delivered.map((line) => Number(line.split(" ")[1]));
    for (const [index, line] of delivered.entries())
      expect(line).toBe(`${TOPICS[values[index]! % TOPICS.length]} ${values[index]}`);
    // A message of QoS 1 may be delivered and its repetition refused.
    expect(new Set([...values, ...refused.map(Number)]).size).toBe(count);
    const twice = values.filter((value) => qosOf(value) === 2);
    expect(twice.length).toBe(new Set(twice).size);
    expect(bench.delivered.length + bench.dropped.length).toBe(count);
    expect(bench.client.reconnects).toBeGreaterThan(0);
  },
);
