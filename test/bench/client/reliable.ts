import { MUST } from "../../../device/client/delivery";
import ReliableClient from "../../../device/client/reliable-client";
import {
  type BenchClient,
  BURST,
  Countdown,
  inBursts,
  PAYLOAD,
  PUBLISH_TOPIC,
  type QoS,
} from "./bench-client";
import type { Sockets } from "./thimble";

/** `ReliableClient` of device/client: with an outbox that survives connections, as MQTT.js has a store. */
export class ReliableBenchClient implements BenchClient {
  readonly name = "Reliable";
  readonly #client: ReliableClient;
  readonly #delivered = new Countdown();
  readonly #received = new Countdown();
  #connected: () => void = () => {};

  private constructor(port: number, sockets: Sockets) {
    this.#client = new ReliableClient({
      host: "127.0.0.1",
      port,
      id: "bench-reliable",
      clean: true,
      bufferByteLength: 4_096,
      inFlight: BURST,
      ...sockets,
      onConnect: () => this.#connected(),
      onDelivered: () => {
        this.#delivered.count();
      },
      onMessage: () => {
        this.#received.count();
      },
      onDropped: (_token, _topic, reason) => {
        throw reason;
      },
      onError: (error) => {
        throw error;
      },
    });
  }

  static async connect(port: number, sockets: Sockets): Promise<ReliableBenchClient> {
    const client = new ReliableBenchClient(port, sockets);
    await new Promise<void>((resolve) => {
      client.#connected = resolve;
    });
    return client;
  }

  async publish(count: number, QoS: QoS): Promise<void> {
    await inBursts(count, (now, done) => {
      this.#delivered.start(now, done);
      for (let index = 0; index < now; index++)
        this.#client.publish(PUBLISH_TOPIC, PAYLOAD, { QoS, delivery: MUST });
    });
    if (QoS === 0) await this.publish(1, 1);
  }

  async subscribe(topic: string): Promise<void> {
    this.#client.subscribe(topic, 1);
  }

  received(count: number): Promise<void> {
    return this.#received.wait(count);
  }

  close(): void {
    this.#client.close();
  }
}
