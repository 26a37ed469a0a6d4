import MQTTClient from "../../../device/client/mqtt-client";
import type { IOOptions } from "../../../device/client/mqtt-client-options";
import { PUBREC } from "../../../device/mqtt/control-packet";
import { type BenchClient, Countdown, inBursts, PAYLOAD, PUBLISH_TOPIC, type QoS } from "./bench-client";

export interface Sockets {
  readonly dns: IOOptions;
  readonly socket: IOOptions;
}

/** `MQTTClient` of device/client. */
export class ThimbleClient implements BenchClient {
  readonly name: string;
  readonly #client: MQTTClient;
  readonly #acknowledged = new Countdown();
  readonly #received = new Countdown();
  readonly #payload = new Uint8Array(PAYLOAD.length);
  #connected: () => void = () => {};
  #subscribed: () => void = () => {};

  private constructor(port: number, sockets: Sockets, name: string) {
    this.name = name;
    this.#client = new MQTTClient({
      host: "127.0.0.1",
      port,
      id: `bench-${name}`,
      keepAlive: 60_000,
      bufferByteLength: 4_096,
      ...sockets,
      onControl: (operation: number, _message: unknown) => {
        if (operation === MQTTClient.CONNACK) this.#connected();
        if (operation === MQTTClient.SUBACK) this.#subscribed();
      },
      onAcknowledge: (operation) => {
        if (operation !== PUBREC) this.#acknowledged.count();
      },
      onReadable: (count, { more }) => {
        if (count > 0) this.#client.read(this.#payload);
        if (!more) this.#received.count();
      },
      onError: (error) => {
        throw error;
      },
    });
  }

  static async connect(port: number, sockets: Sockets, name: string): Promise<ThimbleClient> {
    const client = new ThimbleClient(port, sockets, name);
    await new Promise<void>((resolve) => {
      client.#connected = resolve;
    });
    return client;
  }

  async publish(count: number, QoS: QoS): Promise<void> {
    await inBursts(count, (now, done) => {
      if (QoS > 0) this.#acknowledged.start(now, done);
      for (let index = 0; index < now; index++) this.#client.write(PAYLOAD, { topic: PUBLISH_TOPIC, QoS });
      if (QoS === 0) done();
    });
    if (QoS === 0) await this.publish(1, 1);
  }

  subscribe(topic: string): Promise<void> {
    this.#client.write(undefined, { operation: MQTTClient.SUBSCRIBE, items: [{ topic, QoS: 1 }] });
    return new Promise((resolve) => {
      this.#subscribed = resolve;
    });
  }

  received(count: number): Promise<void> {
    return this.#received.wait(count);
  }

  close(): void {
    this.#client.close();
  }
}
