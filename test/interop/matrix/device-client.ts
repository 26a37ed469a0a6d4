import MQTTClient, { type MQTTClientOptions } from "../../../device/client/mqtt-client";
import { RealDevice } from "../../support/real-device";
import { DEVICE_ID, HOST, type MatrixBroker, type Transport } from "./matrix-brokers";
import type { Message, QoS } from "./peers";

/** An `MQTTClient` on a simulated device, as promises. */
export class DeviceClient {
  readonly device: RealDevice = new RealDevice();
  readonly client: MQTTClient;
  readonly messages: Message[] = [];
  sessionPresent = false;
  /** Resolves with CONNACK. */
  readonly connected: Promise<void>;
  /** Resolves when the connection is over, and nothing was wrong. */
  readonly closed: Promise<void>;
  #acknowledged = new Map<string, (payload?: Uint8Array) => void>();
  #check: (() => void) | undefined;
  /** Rejects with whatever goes wrong. */
  readonly #failed: Promise<never>;

  constructor(broker: MatrixBroker, transport: Transport, options: Partial<MQTTClientOptions>) {
    const { device } = this;
    let accept!: () => void;
    let close!: () => void;
    let fail!: (error: Error) => void;
    this.#failed = new Promise((_resolve, reject) => {
      fail = reject;
    });
    this.#failed.catch(() => {});
    this.connected = this.#orFailure((resolve) => {
      accept = resolve;
    });
    this.closed = this.#orFailure((resolve) => {
      close = resolve;
    });
    // A broken connection is what some tests want.
    for (const promise of [this.connected, this.closed]) promise.catch(() => {});
    let parts: Uint8Array[] = [];
    let current: Omit<Message, "payload"> | undefined;
    const acknowledge = (operation: number, id: number, payload?: Uint8Array): void => {
      this.#acknowledged.get(`${operation} ${id}`)?.(payload);
      this.#acknowledged.delete(`${operation} ${id}`);
    };
    this.client = new MQTTClient({
      host: HOST,
      id: DEVICE_ID,
      keepAlive: 60_000,
      dns: device.dns,
      ...broker.way(transport, device),
      onControl: (operation: number, message) => {
        if (operation === MQTTClient.CONNACK) {
          this.sessionPresent = message.sessionPresent ?? false;
          accept();
        } else acknowledge(operation, message.id, message.payload);
      },
      onReadable: (count, { more, topic, QoS, retain }) => {
        if (topic !== undefined) current = { topic, QoS: QoS ?? 0, retain: retain ?? false };
        if (count > 0) parts.push(new Uint8Array(this.client.read(count)));
        if (more || !current) return;
        this.messages.push({ ...current, payload: Buffer.concat(parts).toString() });
        parts = [];
        this.#check?.();
      },
      onError: fail,
      onClose: () => close(),
      ...options,
    } as MQTTClientOptions);
  }

  /** Publishes with the given Packet Identifier. Resolves when it is acknowledged, or at QoS 0 written. */
  async publish(topic: string, payload: string, QoS: QoS, id: number, retain = false): Promise<void> {
    const done = QoS === 0 ? undefined : this.#when(QoS === 1 ? MQTTClient.PUBACK : MQTTClient.PUBCOMP, id);
    this.client.write(Buffer.from(payload), { topic, QoS, retain, ...(QoS === 0 ? {} : { id }) });
    await done;
  }

  /** @returns the QoS that the broker grants */
  async subscribe(topic: string, QoS: QoS): Promise<number | undefined> {
    const id = 60_000 + QoS;
    const granted = this.#when(MQTTClient.SUBACK, id);
    this.client.write(undefined, { operation: MQTTClient.SUBSCRIBE, id, items: [{ topic, QoS }] });
    return (await granted)?.[0];
  }

  /** Resolves when so many messages have arrived. */
  received(count: number): Promise<readonly Message[]> {
    return this.#orFailure((resolve) => {
      this.#check = () => {
        if (this.messages.length >= count) resolve(this.messages);
      };
      this.#check();
    });
  }

  /** Parts with DISCONNECT; resolves when the broker has closed the connection. */
  async disconnect(): Promise<void> {
    this.client.write(undefined, { operation: MQTTClient.DISCONNECT });
    await this.closed;
  }

  /** Ends everything; the broker sees a connection that breaks. */
  end(): void {
    this.client.close();
    this.device.close();
  }

  #when(operation: number, id: number): Promise<Uint8Array | undefined> {
    return this.#orFailure((resolve) => {
      this.#acknowledged.set(`${operation} ${id}`, resolve);
    });
  }

  #orFailure<T>(executor: (resolve: (value: T) => void) => void): Promise<T> {
    return Promise.race([new Promise<T>(executor), this.#failed]);
  }
}
