import { expect, onTestFinished } from "vitest";
import MQTTClient, { type ControlMessage, type MQTTClientOptions } from "../../../device/client/mqtt-client";
import ReliableClient, { type ReliableClientOptions } from "../../../device/client/reliable-client";
import { version5 } from "../../../device/client/version-5/version-5";
import { MQTTError } from "../../../device/mqtt/mqtt-error";
import { USER_PROPERTY } from "../../../device/mqtt/version-5/property";
import type {
  ReceivedProperties,
  ReceivedPropertyTypes,
} from "../../../device/mqtt/version-5/property-reader";
import { clock } from "../../support/timer";
import { type Connection, Version5Broker } from "./broker";

/** Properties are views: what a callback was given must be copied in it. Numbers of the identifiers are the keys. */
export type Properties = Record<number, unknown>;

export function copyOf(properties: ReceivedProperties | undefined): Properties {
  const copy: Properties = {};
  for (let identifier = 1; identifier < 43; identifier++) {
    if (!properties?.has(identifier)) continue;
    if (identifier !== USER_PROPERTY) {
      copy[identifier] = properties.get(identifier as keyof ReceivedPropertyTypes);
      continue;
    }
    const pairs: string[] = [];
    for (let at = properties.find(USER_PROPERTY); at > 0; at = properties.find(USER_PROPERTY, at))
      pairs.push(`${properties.nameAt(at)}=${properties.textAt(at)}`);
    copy[identifier] = pairs;
  }
  return copy;
}

export interface Message {
  topic: string | undefined;
  payload: string;
  QoS: number | undefined;
  properties: Properties;
}

export interface Control extends Omit<ControlMessage, "properties"> {
  properties: Properties;
}

/** An MQTTClient of MQTT 5.0 at a scripted broker, with everything that its callbacks were told. */
export class Bench {
  readonly broker: Version5Broker;
  readonly client: MQTTClient;
  readonly errors: MQTTError[] = [];
  readonly messages: Message[] = [];
  readonly controls: Control[] = [];
  /** Codes of the errors. */
  readonly codes: number[] = [];
  /** One entry a call of onClose. */
  readonly closes: string[] = [];

  constructor(options: Partial<MQTTClientOptions> = {}, prepare?: (broker: Version5Broker) => void) {
    const broker = new Version5Broker();
    prepare?.(broker);
    this.broker = broker;
    const { messages, controls } = this;
    let current: Message | undefined;
    this.client = new MQTTClient({
      host: "broker.local",
      id: "client-1",
      dns: broker.dns,
      socket: broker.socket,
      protocol: version5,
      onReadable(count, { topic, QoS, more, properties }) {
        current ??= { topic, QoS, payload: "", properties: copyOf(properties) };
        current.payload += String.fromArrayBuffer(this.read(count));
        if (more) return;
        messages.push(current);
        current = undefined;
      },
      onControl: (_operation: number, message: ControlMessage) =>
        void controls.push({ ...message, properties: copyOf(message.properties) }),
      onError: (error) => {
        this.errors.push(error);
        this.codes.push(error.code);
      },
      onClose: () => void this.closes.push("close"),
      ...options,
    });
    endWithTest(this);
    clock.advance(20);
  }

  get connection(): Connection {
    return this.broker.connection;
  }

  publish(topic: string, payload: string, options: Parameters<MQTTClient["write"]>[1] = {}): void {
    this.client.write(ArrayBuffer.fromString(payload), { topic, ...options });
    clock.advance(5);
  }

  control(options: Parameters<MQTTClient["write"]>[1]): void {
    this.client.write(undefined, options);
    clock.advance(5);
  }
}

/** A ReliableClient of MQTT 5.0 at a scripted broker. */
export class ReliableBench {
  readonly broker: Version5Broker;
  readonly client: ReliableClient;
  /** "connect 5 false", "disconnect 103", "error 102". */
  readonly events: string[] = [];
  readonly errors: MQTTError[] = [];
  readonly messages: Message[] = [];
  readonly delivered: number[] = [];
  readonly dropped: [token: number, code: number, reasonCode: number | undefined][] = [];

  constructor(options: Partial<ReliableClientOptions> = {}, prepare?: (broker: Version5Broker) => void) {
    const broker = new Version5Broker();
    prepare?.(broker);
    this.broker = broker;
    const { events, errors, messages } = this;
    this.client = new ReliableClient({
      host: "broker.local",
      id: "client-1",
      dns: broker.dns,
      socket: broker.socket,
      protocol: version5,
      random: () => 0,
      onConnect(sessionPresent) {
        events.push(`connect ${this.version} ${sessionPresent}`);
      },
      onDisconnect(error) {
        events.push(`disconnect ${error?.code}`);
        if (error) errors.push(error);
      },
      onError(error) {
        events.push(`error ${error.code}`);
        errors.push(error);
      },
      onMessage: (topic, payload, QoS, _retain, properties) =>
        void messages.push({
          topic,
          payload: Buffer.from(payload).toString(),
          QoS,
          properties: copyOf(properties),
        }),
      onDelivered: (token) => void this.delivered.push(token),
      onDropped: (token, _topic, { code, reasonCode }) => void this.dropped.push([token, code, reasonCode]),
      ...options,
    });
    endWithTest(this);
    clock.advance(20);
  }

  get connection(): Connection {
    return this.broker.connection;
  }

  /** PUBLISH and PUBREL packets of the newest connection. */
  get sent(): string[] {
    return this.connection.log.filter((line) => line.startsWith("publish") || line.startsWith("pubrel"));
  }

  /** The connection breaks. */
  cut(): this {
    this.connection.peer.reset();
    clock.advance(10);
    return this;
  }

  /** Runs until the client has connected again. */
  reconnect(): this {
    const { length } = this.broker.connections;
    for (let waited = 0; waited < 120_000 && this.broker.connections.length === length; waited += 50)
      clock.advance(50);
    clock.advance(30);
    return this;
  }
}

/** Closes the client at the end of the test, which must leave no timer behind. */
function endWithTest({ broker, client }: Bench | ReliableBench): void {
  // As `client` is assigned by the constructor that calls this, it is there already.
  open.add(client);
  onTestFinished(() => {
    client.close();
    broker.network.close();
    clock.advance(20);
    open.delete(client);
    if (open.size === 0) expect(clock.pending).toBe(0);
  });
}

const open = new Set<object>();

/** Code of the error that `action` throws. */
export function codeThrownBy(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    if (error instanceof MQTTError) return error.code;
    throw error;
  }
  throw new Error("nothing was thrown");
}
