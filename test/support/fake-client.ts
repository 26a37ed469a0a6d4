import type ReliableClient from "../../device/client/reliable-client";
import type {
  PublishOptions,
  ReliableClientOptions,
  StreamOptions,
} from "../../device/client/reliable-client-options";
import type { ClientError, HomeClientOptions } from "../../device/home/home-device";

export interface Published {
  readonly topic: string;
  readonly payload: string;
  readonly options: PublishOptions;
}

export interface Streamed {
  readonly topic: string;
  readonly payload: ArrayBuffer | Uint8Array;
  readonly options: StreamOptions;
  /** Ends the stream; a second call is a mistake of the test. */
  complete(error?: ClientError): void;
}

/** What `onError` and the like receive; `code` is one of device/mqtt/mqtt-error.ts. */
export function clientError(code: number, message: string): ClientError {
  return Object.assign(new Error(message), { code, family: Math.floor(code / 100) }) as ClientError;
}

/** Stands in for ReliableClient: records what a device asks for, and lets a test be the network and the broker. */
export class FakeClient {
  readonly options: ReliableClientOptions;
  readonly target: unknown;
  connected = false;
  reconnects = 0;
  closed = false;
  /** Everything the device did, in order, as text: `subscribe home/light/set 1`, `publish home/temp 21.5`, `flush`, `close`. */
  readonly calls: string[] = [];
  readonly published: Published[] = [];
  readonly streams: Streamed[] = [];
  /** What `stream` answers while connected. */
  acceptsStreams = true;
  /** Messages that `flush` finds unsent, or `undefined`: it answers only when the test calls `flushed`. */
  unsentAtFlush: number | undefined = 0;
  #flush: ((unsentCount: number) => void) | undefined;
  #token = 0;

  constructor(options: ReliableClientOptions) {
    this.options = options;
    this.target = options.target;
  }

  publish(topic: string, payload: string, options: PublishOptions = {}): number {
    if (this.closed) throw new Error("publish after close");
    this.calls.push(`publish ${topic} ${payload}`);
    this.published.push({ topic, payload, options });
    this.#token += 1;
    return this.#token;
  }

  stream(topic: string, payload: ArrayBuffer | Uint8Array, options: StreamOptions): boolean {
    this.calls.push(`stream ${topic} ${payload.byteLength}`);
    if (!this.connected || !this.acceptsStreams) return false;
    const complete = (error?: ClientError): void =>
      options.onComplete.call(this as unknown as ReliableClient, error);
    this.streams.push({ topic, payload, options, complete });
    return true;
  }

  subscribe(topicFilter: string, QoS: number = 0): void {
    this.calls.push(`subscribe ${topicFilter} ${QoS}`);
  }

  unsubscribe(topicFilter: string): void {
    this.calls.push(`unsubscribe ${topicFilter}`);
  }

  flush(deadline: number, callback: (unsentCount: number) => void): void {
    this.calls.push(`flush ${deadline}`);
    if (this.unsentAtFlush === undefined) this.#flush = callback;
    else callback(this.unsentAtFlush);
  }

  close(): void {
    this.calls.push("close");
    this.closed = true;
    this.connected = false;
  }

  // What a test drives.

  connect(sessionPresent = false): void {
    this.connected = true;
    this.options.onConnect?.call(this as unknown as ReliableClient, sessionPresent);
  }

  disconnect(error?: ClientError): void {
    this.connected = false;
    this.options.onDisconnect?.call(this as unknown as ReliableClient, error);
  }

  message(topic: string, payload: string | Uint8Array, retain = false): void {
    // As the client does it: a view on a larger buffer, overwritten after the call.
    const bytes = typeof payload === "string" ? new TextEncoder().encode(payload) : payload;
    const buffer = new Uint8Array(bytes.byteLength + 8).fill(0x2a);
    buffer.set(bytes, 4);
    const view = buffer.subarray(4, 4 + bytes.byteLength);
    this.options.onMessage?.call(this as unknown as ReliableClient, topic, view, 1, retain);
    buffer.fill(0);
  }

  fail(error: ClientError): void {
    this.options.onError?.call(this as unknown as ReliableClient, error);
  }

  drop(topic: string, reason: ClientError): void {
    this.options.onDropped?.call(this as unknown as ReliableClient, this.#token, topic, reason);
  }

  flushed(unsentCount: number): void {
    this.#flush?.(unsentCount);
  }

  /** Payloads published on `topic`, oldest first. */
  payloads(topic: string): string[] {
    return this.published.filter((each) => each.topic === topic).map((each) => each.payload);
  }

  /** The last message published on `topic`. */
  last(topic: string): Published | undefined {
    return this.published.filter((each) => each.topic === topic).at(-1);
  }
}

/** Options for a device under test, and the client that it makes of them. */
export interface FakeClientOptions {
  readonly options: HomeClientOptions;
  readonly client: FakeClient;
}

export function createFakeClient(): FakeClientOptions {
  let client: FakeClient | undefined;
  class Recorded extends FakeClient {
    constructor(options: ReliableClientOptions) {
      super(options);
      client = this;
    }
  }
  return {
    options: {
      io: Recorded as unknown as typeof ReliableClient,
      host: "broker.test",
      dns: { io: Object },
      socket: { io: Object },
    },
    get client() {
      if (!client) throw new Error("the device has made no client yet");
      return client;
    },
  };
}
