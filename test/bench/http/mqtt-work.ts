import MQTTClient from "../../../device/client/mqtt-client";
import { PUBACK, PUBCOMP } from "../../../device/mqtt/control-packet";
import { NodeResolver } from "../../../host-sim/network/node-resolver";
import { NodeTCP } from "../../../host-sim/network/node-tcp";
import type { Work } from "./work";

const TOPIC = "home/temp";

/** A client, and what its socket has carried. */
interface Client {
  readonly client: MQTTClient;
  bytes(): number;
}

function connect(port: number, id: string, events: Partial<ClientEvents>): Promise<Client> {
  let bytes = 0;
  class CountingTCP extends NodeTCP {
    override read(into?: number | ArrayBufferLike | ArrayBufferView): number | ArrayBuffer | undefined {
      const result = super.read(into);
      if (result !== undefined) bytes += typeof result === "number" ? result : result.byteLength;
      return result;
    }

    override write(data: number | ArrayBufferLike | ArrayBufferView): number | undefined {
      bytes += typeof data === "number" ? 1 : data.byteLength;
      return super.write(data);
    }
  }
  return new Promise((resolve, reject) => {
    const client: MQTTClient = new MQTTClient({
      host: "127.0.0.1",
      port,
      id,
      clean: true,
      keepAlive: 600_000,
      dns: { io: NodeResolver },
      socket: { io: CountingTCP },
      onControl(operation: number, _message: unknown) {
        if (operation === MQTTClient.CONNACK) resolve({ client, bytes: () => bytes });
        if (operation === MQTTClient.SUBACK) events.subscribed?.();
      },
      onAcknowledge: (operation) => events.acknowledged?.(operation),
      onReadable(count, { more }) {
        const text = String.fromCharCode(...new Uint8Array(this.read(count) as ArrayBuffer));
        if (!more) events.message?.(text);
      },
      onError: reject,
    });
  });
}

interface ClientEvents {
  subscribed(): void;
  acknowledged(operation: number): void;
  message(text: string): void;
}

/** The sensor's hop: PUBLISH on a connection that stays. Beyond QoS 0 until the broker has acknowledged. */
export async function publishWork(port: number, QoS: 0 | 1 | 2): Promise<Work> {
  let done: () => void = () => {};
  const last = QoS === 1 ? PUBACK : PUBCOMP;
  const { client, bytes } = await connect(port, `bench-http-publish-${QoS}`, {
    acknowledged: (operation) => {
      if (operation === last) done();
    },
  });
  return {
    title: `MQTT PUBLISH, QoS ${QoS}`,
    hop: "sensor",
    reading: (text) =>
      new Promise((resolve) => {
        done = resolve;
        client.write(bytesOf(text), { topic: TOPIC, QoS });
        if (QoS === 0) setImmediate(resolve);
      }),
    payload: bytes,
    close: async () => client.close(),
  };
}

/** The phone's hop: a subscription. Only the subscriber's bytes are counted here; what the publisher costs is measured alone. */
export async function subscribeWork(port: number, QoS: 0 | 1, publisher: Work): Promise<Work> {
  let got: (text: string) => void = () => {};
  let subscribed: () => void = () => {};
  const { client, bytes } = await connect(port, `bench-http-subscribe-${QoS}`, {
    subscribed: () => subscribed(),
    message: (text) => got(text),
  });
  await new Promise<void>((resolve) => {
    subscribed = resolve;
    client.write(null, { operation: MQTTClient.SUBSCRIBE, items: [{ topic: TOPIC, QoS }] });
  });
  return {
    title: `MQTT subscription, QoS ${QoS}`,
    hop: "phone",
    reading: async (text) => {
      const arrived = new Promise<string>((resolve) => {
        got = resolve;
      });
      await publisher.reading(text);
      const received = await arrived;
      if (received !== text) throw new Error(`the phone got ${received} in place of ${text}`);
    },
    payload: bytes,
    close: async () => {
      client.close();
      await publisher.close();
    },
  };
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
