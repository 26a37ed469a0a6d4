import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { generate, type Packet } from "mqtt-packet";
import {
  type BenchClient,
  BURST,
  Countdown,
  inBursts,
  PAYLOAD,
  PUBLISH_TOPIC,
  type QoS,
} from "./bench-client";

/** Packet Identifiers in turn. Twice the burst, so that none is used again before it is free. */
const IDENTIFIERS = 2 * BURST;
const PUBREC = 0x50;

/**
 * No client at all: a socket that writes the bytes of packets made beforehand, BURST of them at once, and counts the bytes that come
 * back. What Node and the operating system take, and so what no client can go below.
 */
export class BareSocket implements BenchClient {
  readonly name = "bare";
  readonly #socket: Socket;
  readonly #acknowledged = new Countdown();
  readonly #received = new Countdown();
  readonly #packets: readonly Buffer[] = [publishes(0), publishes(1), publishes(2)];
  #next = 0;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", (bytes) => this.#read(bytes));
  }

  static async connect(port: number): Promise<BareSocket> {
    const socket = connect({ host: "127.0.0.1", port, noDelay: true });
    await once(socket, "connect");
    const client = new BareSocket(socket);
    await client.#request({ cmd: "connect", protocolId: "MQTT", protocolVersion: 4, clientId: "bench-bare" });
    return client;
  }

  /** Waits for the answer, whatever it is. */
  async #request(packet: Packet): Promise<void> {
    const answer = this.#acknowledged.wait(1);
    this.#socket.write(generate(packet));
    await answer;
  }

  async publish(count: number, QoS: QoS): Promise<void> {
    await inBursts(count, (now, done) => {
      if (QoS > 0) this.#acknowledged.start(now, done);
      this.#write(now, QoS);
      if (QoS === 0) done();
    });
    if (QoS === 0) await this.publish(1, 1);
  }

  #write(count: number, QoS: QoS): void {
    const packets = this.#packets[QoS]!;
    const byteLength = packets.length / IDENTIFIERS / 2;
    this.#socket.write(packets.subarray(this.#next * byteLength, (this.#next + count) * byteLength));
    this.#next = (this.#next + count) % IDENTIFIERS;
  }

  #read(bytes: Buffer): void {
    const all = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const answers: number[] = [];
    let start = 0;
    while (start + 1 < all.length && start + 2 + all[start + 1]! <= all.length) {
      const end = start + 2 + all[start + 1]!;
      if (all[start]! >> 4 === 3) {
        const identifier = start + 4 + all[start + 3]!;
        answers.push(0x40, 2, all[identifier]!, all[identifier + 1]!);
        this.#received.count();
      } else if (all[start] === PUBREC) answers.push(0x62, 2, all[start + 2]!, all[start + 3]!);
      else this.#acknowledged.count();
      start = end;
    }
    this.#rest = all.subarray(start);
    if (answers.length > 0) this.#socket.write(Buffer.from(answers));
  }

  async subscribe(topic: string): Promise<void> {
    await this.#request({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic, qos: 1 }] });
  }

  received(count: number): Promise<void> {
    return this.#received.wait(count);
  }

  close(): void {
    this.#socket.destroy();
  }
}

/** All identifiers twice over, so that any BURST of them in turn stand together. */
function publishes(QoS: QoS): Buffer {
  return Buffer.concat(
    Array.from({ length: 2 * IDENTIFIERS }, (_, index) =>
      generate({
        cmd: "publish",
        topic: PUBLISH_TOPIC,
        payload: PAYLOAD,
        qos: QoS,
        messageId: 1 + (index % IDENTIFIERS),
        retain: false,
        dup: false,
      }),
    ),
  );
}
