import MQTTClient from "../../device/client/mqtt-client";
import ReliableClient from "../../device/client/reliable-client";
import BrowserResolver from "../../device/client/transports/browser/browser-resolver";
import BrowserSocket from "../../device/client/transports/browser/browser-socket";

/*
 * What the page offers to the test: the device's own clients, as functions whose arguments and results can cross to it.
 */

export interface Received {
  readonly topic: string;
  readonly payload: string;
  readonly QoS: number;
  readonly retain: boolean;
}

export interface Log {
  connects: number;
  reconnects: number;
  delivered: number;
  messages: Received[];
  errors: string[];
}

const decoder: { decode(bytes: Uint8Array): string } = new (
  globalThis as unknown as { TextDecoder: new () => { decode(bytes: Uint8Array): string } }
).TextDecoder();

let client: ReliableClient | undefined;
let starts = 0;
let log: Log = emptyLog();
let check: (() => void) | undefined;

function emptyLog(): Log {
  return { connects: 0, reconnects: 0, delivered: 0, messages: [], errors: [] };
}

function note(change: (log: Log) => void): void {
  change(log);
  check?.();
}

const settings = { dns: { io: BrowserResolver }, socket: { io: BrowserSocket, path: "/mqtt" } };

/** Starts a `ReliableClient` that subscribes to `topicFilter`. */
function start(port: number, topicFilter: string): void {
  log = emptyLog();
  client = new ReliableClient({
    ...settings,
    host: "127.0.0.1",
    port,
    // No session of an earlier test.
    id: `page-${++starts}`,
    will: { topic: "browser/status", message: "offline", QoS: 1 },
    minimumDelay: 20,
    onConnect() {
      this.subscribe(topicFilter, 2);
      note((entry) => {
        entry.connects += 1;
        entry.reconnects = this.reconnects;
      });
    },
    onMessage: (topic, payload, QoS, retain) =>
      note((entry) => entry.messages.push({ topic, payload: decoder.decode(payload), QoS, retain })),
    onDelivered: () =>
      note((entry) => {
        entry.delivered += 1;
      }),
    onError: (error) => note((entry) => entry.errors.push(String(error))),
  });
}

function publish(topic: string, payload: string, QoS: 0 | 1 | 2): void {
  client?.publish(topic, payload, { QoS });
}

function stop(): void {
  client?.close();
}

/** Resolves with the log when one of its numbers, or the length of one of its lists, has reached `count`. */
function until(name: keyof Log, count: number): Promise<Log> {
  return new Promise((resolve) => {
    check = () => {
      const value = log[name];
      if ((typeof value === "number" ? value : value.length) >= count) resolve(log);
    };
    check();
  });
}

/** Sends 1 MiB in fragments with `MQTTClient` alone. Resolves when it is acknowledged. */
function publishLarge(port: number, topic: string, byteLength: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let written = -1;
    const large: MQTTClient = new MQTTClient({
      ...settings,
      host: "127.0.0.1",
      port,
      id: "page-large",
      onControl(operation: number, _message: unknown) {
        if (operation !== MQTTClient.PUBACK) return;
        large.close();
        resolve();
      },
      onWritable(count) {
        if (written < 0) {
          written = 0;
          large.write(new Uint8Array(0), { topic, QoS: 1, byteLength });
        }
        const piece = new Uint8Array(Math.min(count - 100, byteLength - written)).fill(120);
        if (piece.length <= 0) return;
        written += piece.length;
        large.write(piece);
      },
      onError: reject,
    });
  });
}

/** Resolves with the text of the first error of an `MQTTClient`. */
function failure(port: number): Promise<string> {
  return new Promise((resolve) => {
    new MQTTClient({
      ...settings,
      host: "127.0.0.1",
      port,
      id: "page",
      onError: (error) => resolve(String(error)),
    });
  });
}

export interface Page {
  start: typeof start;
  publish: typeof publish;
  publishLarge: typeof publishLarge;
  until: typeof until;
  failure: typeof failure;
  stop: typeof stop;
}

(globalThis as unknown as { thimble: Page }).thimble = { start, publish, publishLarge, until, failure, stop };
