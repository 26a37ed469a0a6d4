import MQTTClient, { type MQTTClientOptions } from "../../device/client/mqtt-client";
import ReliableClient, { type ReliableClientOptions } from "../../device/client/reliable-client";
import type { MQTTError } from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";

interface SocketOptions {
  readonly address: string;
  readonly host: string;
  readonly port: number;
  readonly target: unknown;
  onReadable(this: DirectSocket, count: number): void;
  onWritable(this: DirectSocket, count: number): void;
  onError(this: DirectSocket, cause?: unknown): void;
}

/** A socket in the hands of the test: it delivers, takes and fails at the very moment that the test says so. */
export class DirectSocket {
  readonly options: SocketOptions;
  readonly target: unknown;
  /** Packets, or pieces of them, as bytes. */
  readonly written: number[][] = [];
  /** What `write` was given, itself. */
  readonly views: Uint8Array[] = [];
  /** Byte lengths that `read` was asked for. */
  readonly reads: number[] = [];
  /** What `write` returns; a function is called first. */
  free: number | undefined | (() => number | undefined) = 1000;
  /** What `read` throws. */
  broken: Error | undefined;
  closed = 0;
  #bytes: number[] = [];

  constructor(options: SocketOptions) {
    this.options = options;
    this.target = options.target;
  }

  /** Bytes arrive. */
  deliver(...bytes: number[]): void {
    this.#bytes.push(...bytes);
    this.options.onReadable.call(this, this.#bytes.length);
  }

  /** The network takes bytes: so many may be written now. */
  take(count: number): void {
    this.free = count;
    this.options.onWritable.call(this, count);
  }

  fail(cause?: unknown): void {
    this.options.onError.call(this, cause);
  }

  read(target: Uint8Array): void {
    if (this.broken) throw this.broken;
    this.reads.push(target.length);
    target.set(this.#bytes.splice(0, target.length));
  }

  write(bytes: Uint8Array): number | undefined {
    this.written.push([...bytes]);
    this.views.push(bytes);
    if (typeof this.free === "function") return this.free();
    if (this.free !== undefined) this.free -= bytes.length;
    return this.free;
  }

  close(): void {
    this.closed += 1;
  }
}

/** CONNACK: accepted, no session. */
export const CONNACK: readonly number[] = [0x20, 2, 0, 0];
/** CONNACK: accepted, the session is present. */
export const RESUMED: readonly number[] = [0x20, 2, 1, 0];
export const PINGRESP: readonly number[] = [0xd0, 0];

/** Options of a client whose sockets are such ones; every name is known at once. */
export class DirectNetwork {
  /** Oldest first. */
  readonly sockets: DirectSocket[] = [];
  readonly dns: { readonly io: unknown };
  readonly socket: { readonly io: unknown };

  constructor() {
    const { sockets } = this;
    this.socket = {
      io: class extends DirectSocket {
        constructor(options: SocketOptions) {
          super(options);
          sockets.push(this);
        }
      },
    };
    this.dns = {
      io: class {
        resolve(given: { host: string; onResolved(host: string, address: string): void }): void {
          given.onResolved(given.host, "10.0.0.1");
        }
      },
    };
  }

  get newest(): DirectSocket {
    return this.sockets.at(-1)!;
  }
}

/** An MQTTClient with such a socket, and one line for each call of its callbacks. */
export class DirectBench {
  readonly client: MQTTClient;
  readonly events: string[] = [];
  readonly errors: MQTTError[] = [];
  readonly network: DirectNetwork = new DirectNetwork();

  constructor(options: Partial<MQTTClientOptions> = {}) {
    const bench = this;
    this.client = new MQTTClient({
      host: "broker.local",
      id: "c",
      ...this.network,
      onReadable(count, { topic }) {
        bench.events.push(`readable ${topic ?? ""} ${String.fromArrayBuffer(this.read(count))}`);
      },
      onControl: (opcode: number, _message) => void bench.events.push(`control ${opcode}`),
      onWritable: (count) => void bench.events.push(`writable ${count}`),
      onError: (error) => {
        bench.events.push(`error ${error.code}`);
        bench.errors.push(error);
      },
      onClose: () => void bench.events.push("close"),
      ...options,
    });
  }

  get socket(): DirectSocket {
    return this.network.newest;
  }

  /** CONNECT is taken, CONNACK comes; of what happened so far nothing is kept. */
  connect(free: number = 1000): this {
    const { socket } = this;
    socket.take(1000);
    socket.free = free;
    socket.deliver(...CONNACK);
    socket.take(free);
    socket.written.length = 0;
    socket.views.length = 0;
    socket.reads.length = 0;
    this.events.length = 0;
    return this;
  }

  end(): void {
    this.client.close();
    clock.advance(10);
  }
}

/** A ReliableClient with such sockets. */
export class ReliableDirectBench {
  readonly client: ReliableClient;
  readonly network: DirectNetwork = new DirectNetwork();
  /** "connect", "message t x", "delivered 1", "dropped 2 203", "error 107", ... */
  readonly events: string[] = [];

  constructor(options: Partial<ReliableClientOptions> = {}) {
    const { events } = this;
    this.client = new ReliableClient({
      host: "broker.local",
      id: "c",
      ...this.network,
      keepAlive: 0,
      random: () => 0,
      onConnect: () => void events.push("connect"),
      onDisconnect: () => void events.push("disconnect"),
      onError: ({ code }) => void events.push(`error ${code}`),
      onMessage: (topic, payload) =>
        void events.push(`message ${topic} ${String.fromArrayBuffer(payload.slice().buffer)}`),
      onDelivered: (token) => void events.push(`delivered ${token}`),
      onDropped: (token, _topic, { code }) => void events.push(`dropped ${token} ${code}`),
      ...options,
    });
  }

  get socket(): DirectSocket {
    return this.network.newest;
  }

  /** CONNECT is taken, and answered. @param free - bytes that may be written from then on */
  connect(free: number = 1000, connack: readonly number[] = CONNACK): this {
    const { socket, events } = this;
    socket.take(1000);
    socket.free = free;
    socket.written.length = 0;
    socket.options.onWritable.call(socket, free);
    events.length = 0;
    socket.deliver(...connack);
    return this;
  }

  /** The connection is lost, and the next one begins: with random 0 after 500 ms. */
  reconnect(free: number = 1000, connack: readonly number[] = CONNACK): this {
    this.socket.fail();
    clock.advance(500);
    return this.connect(free, connack);
  }

  /** All bytes that the newest connection has been given. */
  get sent(): number[] {
    return this.socket.written.flat();
  }

  /** Closes the client; nothing may be left. */
  end(): void {
    this.client.close();
    clock.advance(10);
  }
}

/** A PUBLISH to topic "t". */
export function publish(payload: string, QoS: 0 | 1 | 2 = 0, id: number = 0, flags: number = 0): number[] {
  const bytes = [...payload].map((character) => character.charCodeAt(0));
  const identifier = QoS > 0 ? [id >> 8, id & 255] : [];
  return [
    0x30 | (QoS << 1) | flags,
    3 + identifier.length + bytes.length,
    0,
    1,
    0x74,
    ...identifier,
    ...bytes,
  ];
}

export const puback = (id: number): number[] => [0x40, 2, id >> 8, id & 255];
export const suback = (id: number, ...codes: number[]): number[] => [
  0x90,
  2 + codes.length,
  id >> 8,
  id & 255,
  ...codes,
];
export const pubrec = (id: number): number[] => [0x50, 2, id >> 8, id & 255];
export const pubrel = (id: number): number[] => [0x62, 2, id >> 8, id & 255];
export const pubcomp = (id: number): number[] => [0x70, 2, id >> 8, id & 255];
