import { afterEach, expect, test } from "vitest";
import { MUST } from "../../device/client/delivery";
import type { BrokerConnection, Command, PacketOf } from "../support/scripted-broker";
import { clock } from "../support/timer";
import { ReliableBench } from "./reliable-client-bench";

/** Deterministic numbers, 0 to less than 1. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What a broker with a session does: delivers QoS 2 once, and sends its own messages until they are acknowledged. */
class SessionModel {
  /** Payloads as they reached subscribers. */
  readonly delivered: string[] = [];
  readonly #received = new Set<number>();
  readonly #outgoing = new Map<number, { payload: string; qos: 1 | 2; released: boolean }>();
  #next = 0;

  constructor(bench: ReliableBench) {
    bench.broker.onPacket = (packet, from) => {
      if (packet.cmd === "connect") this.#resend(bench, from);
      else if (packet.cmd === "publish") this.#publish(packet);
      else this.#acknowledge(packet.cmd, packet.messageId ?? 0);
      return packet.cmd === "connect";
    };
  }

  #publish({ qos, messageId = 0, payload }: PacketOf<"publish">): void {
    if (qos < 2 || !this.#received.has(messageId)) this.delivered.push(String(payload));
    if (qos === 2) this.#received.add(messageId);
  }

  #acknowledge(command: Command, id: number): void {
    const message = this.#outgoing.get(id);
    if (command === "pubrel") this.#received.delete(id);
    else if (command === "puback" || command === "pubcomp") this.#outgoing.delete(id);
    else if (command === "pubrec" && message) message.released = true;
  }

  get outstanding(): number {
    return this.#outgoing.size;
  }

  send(connection: BrokerConnection, payload: string, qos: 1 | 2): void {
    this.#next += 1;
    this.#outgoing.set(this.#next, { payload, qos, released: false });
    connection.publish("in", payload, { qos, messageId: this.#next });
  }

  #resend(bench: ReliableBench, connection: BrokerConnection): void {
    connection.send({ cmd: "connack", returnCode: 0, sessionPresent: bench.broker.connections.length > 1 });
    for (const [messageId, { payload, qos, released }] of this.#outgoing)
      if (released) connection.send({ cmd: "pubrel", messageId });
      else connection.publish("in", payload, { qos, messageId, dup: true });
  }
}

function numbers(payloads: readonly string[]): number[] {
  return payloads.map(Number);
}

/** First occurrences, in their order. */
function firsts(values: readonly number[]): number[] {
  return [...new Set(values)];
}

let bench: ReliableBench;

afterEach(() => {
  bench.end();
  clock.advance(10);
  expect(clock.pending).toBe(0);
});

test.each(Array.from({ length: 25 }, (_, index) => index + 1))(
  "through random resets and cuts QoS 2 arrives exactly once, QoS 1 at least once, in order, both ways (seed %i)",
  (seed) => {
    const random = seeded(seed);
    const inbound: string[] = [];
    bench = new ReliableBench(
      {
        random,
        outboxByteLength: 64_000,
        keepAlive: 5000,
        minimumDelay: 20,
        maximumDelay: 200,
        onMessage: (_topic, payload) => void inbound.push(String(Buffer.from(payload))),
      },
      { latency: 3, sendBufferByteLength: 400 },
    );
    const model = new SessionModel(bench);
    bench.connect();
    const count = 150;
    const qosOf = (index: number): 1 | 2 => (index % 3 === 0 ? 1 : 2);
    for (let index = 0; index < count; index += 1) {
      bench.client.publish("out", `${index}`, { QoS: qosOf(index), delivery: MUST });
      model.send(bench.broker.connection, `${1000 + index}`, qosOf(index));
      const chance = random();
      if (chance < 0.1) bench.broker.network.dropConnections();
      else if (chance < 0.16) bench.broker.connection.peer.reset();
      else if (chance < 0.2) {
        bench.broker.network.cut();
        clock.advance(random() * 12_000);
        bench.broker.network.restore();
      }
      clock.advance(random() * 40);
    }
    for (let waited = 0; waited < 600_000 && bench.client.waiting + model.outstanding > 0; waited += 1000)
      clock.advance(1000);
    const sent = Array.from({ length: count }, (_, index) => index);
    for (const [received, offset] of [
      [numbers(model.delivered), 0],
      [numbers(inbound), 1000],
    ] as const) {
      const values = received.map((value) => value - offset);
      expect(firsts(values)).toEqual(sent);
      const twice = values.filter((value) => qosOf(value) === 2);
      expect(twice.length).toBe(new Set(twice).size);
    }
    expect(bench.delivered.length).toBe(count);
    expect(bench.dropped).toEqual([]);
    expect(bench.client.reconnects).toBeGreaterThan(0);
  },
);
