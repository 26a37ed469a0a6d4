import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { connectAsync, type MqttClient } from "mqtt";
import { referees } from "../../support/mosquitto";

export type QoS = 0 | 1 | 2;

export interface Message {
  readonly topic: string;
  readonly payload: string;
  readonly QoS: number;
  readonly retain: boolean;
}

/** The client at the other end, which nobody here wrote. It connects to the broker over plain TCP. */
export abstract class Peer {
  readonly #messages: Message[] = [];
  #waiting: { topic: string; count: number; resolve: (messages: Message[]) => void }[] = [];

  /** Resolves when the broker has acknowledged the subscription. */
  abstract subscribe(topic: string, QoS: QoS): Promise<void>;
  /** Resolves when the message is acknowledged, or at QoS 0 written. */
  abstract publish(topic: string, payload: string, options: { QoS: QoS; retain?: boolean }): Promise<void>;
  abstract stop(): Promise<void>;

  /** Resolves with the first `count` messages of a topic, when they have arrived. */
  messages(topic: string, count: number): Promise<Message[]> {
    return new Promise((resolve) => {
      this.#waiting.push({ topic, count, resolve });
      this.#check();
    });
  }

  protected received(message: Message): void {
    this.#messages.push(message);
    this.#check();
  }

  #check(): void {
    this.#waiting = this.#waiting.filter(({ topic, count, resolve }) => {
      const found = this.#messages.filter((message) => message.topic === topic);
      if (found.length < count) return true;
      resolve(found);
      return false;
    });
  }
}

class MQTTjsPeer extends Peer {
  readonly #client: MqttClient;

  constructor(client: MqttClient) {
    super();
    this.#client = client;
    client.on("message", (topic, payload, { qos, retain }) =>
      this.received({ topic, payload: payload.toString(), QoS: qos, retain }),
    );
  }

  async subscribe(topic: string, QoS: QoS): Promise<void> {
    await this.#client.subscribeAsync(topic, { qos: QoS });
  }

  async publish(topic: string, payload: string, options: { QoS: QoS; retain?: boolean }): Promise<void> {
    await this.#client.publishAsync(topic, payload, { qos: options.QoS, retain: options.retain ?? false });
  }

  stop(): Promise<void> {
    return this.#client.endAsync(true);
  }
}

interface PahoEvent {
  readonly event: "connected" | "sent" | "subscribed" | "published" | "message";
  readonly id?: number;
  readonly code?: number;
}

class PahoPeer extends Peer {
  readonly #process: ChildProcess;
  readonly #done = new Set<string>();
  #waiting = new Map<string, () => void>();
  #commands: ((id: number) => void)[] = [];
  readonly connected: Promise<void>;

  constructor(child: ChildProcess) {
    super();
    this.#process = child;
    this.connected = this.#when("connected");
    createInterface({ input: child.stdout! }).on("line", (line) => this.#line(line));
  }

  subscribe(topic: string, QoS: QoS): Promise<void> {
    return this.#do("subscribed", { do: "subscribe", topic, QoS });
  }

  publish(topic: string, payload: string, options: { QoS: QoS; retain?: boolean }): Promise<void> {
    const { QoS, retain = false } = options;
    const bytes = Buffer.from(payload).toString("base64");
    return this.#do("published", { do: "publish", topic, payload: bytes, QoS, retain });
  }

  async stop(): Promise<void> {
    const exited = once(this.#process, "exit");
    this.#process.stdin?.end();
    await exited;
  }

  async #do(event: PahoEvent["event"], command: object): Promise<void> {
    const id = await new Promise<number>((resolve) => {
      this.#commands.push(resolve);
      this.#process.stdin?.write(`${JSON.stringify(command)}\n`);
    });
    await this.#when(`${event} ${id}`);
  }

  /** The event may have been told already: paho's own thread reads from the socket. */
  #when(key: string): Promise<void> {
    return new Promise((resolve) => {
      if (this.#done.delete(key)) resolve();
      else this.#waiting.set(key, resolve);
    });
  }

  #line(line: string): void {
    const event = JSON.parse(line) as PahoEvent & Message;
    if (event.event === "message") {
      const { topic, QoS, retain } = event;
      this.received({ topic, payload: Buffer.from(event.payload, "base64").toString(), QoS, retain });
    } else if (event.event === "sent") this.#commands.shift()?.(event.id as number);
    else this.#happened(event.event === "connected" ? "connected" : `${event.event} ${event.id}`);
  }

  #happened(key: string): void {
    const resolve = this.#waiting.get(key);
    this.#waiting.delete(key);
    if (resolve) resolve();
    else this.#done.add(key);
  }
}

/** MQTT version as both libraries count it: 4 is 3.1.1. */
export type ProtocolVersion = 4 | 5;

export interface PeerKind {
  readonly name: string;
  readonly installed: boolean;
  readonly start: (host: string, port: number, version: ProtocolVersion) => Promise<Peer>;
}

const PAHO_SCRIPT = fileURLToPath(new URL("paho-peer.py", import.meta.url));

/** Who is at the other end. */
export const PEERS: readonly PeerKind[] = [
  {
    name: "MQTT.js",
    installed: true,
    start: async (host, port, protocolVersion) =>
      new MQTTjsPeer(
        await connectAsync({ host, port, protocolVersion, clientId: "mqttjs", reconnectPeriod: 0 }),
      ),
  },
  {
    name: "paho",
    installed: referees !== undefined,
    start: async (host, port, version) => {
      const child = spawn(referees?.python as string, [PAHO_SCRIPT, host, String(port), String(version)], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      const peer = new PahoPeer(child);
      await peer.connected;
      return peer;
    },
  },
];
