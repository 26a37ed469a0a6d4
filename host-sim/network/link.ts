import type { Clock } from "../clock/clock";
import { BLOCKED, OrderedQueue, TAKEN } from "./ordered-queue";
import type { DatagramEvents, DatagramWire, Network, Wire, WireEvents, WireOptions } from "./wire";

export interface LinkOptions {
  readonly clock: Clock;
  /** One-way delay, ms; default 0, which still is asynchronous. */
  readonly latency?: number;
}

/** Called when a device's SYN arrives; what `peer` sends here arrives after the handshake. */
export type Accept = (peer: Peer) => void;

interface DatagramSocket extends DatagramWire {
  readonly port: number;
  readonly events: DatagramEvents;
}

type ToPeer = Uint8Array | "finish" | "reset";
type ToDevice =
  | { readonly kind: "connected" | "finish" | "reset" }
  | { readonly kind: "data"; readonly bytes: Uint8Array }
  | { readonly kind: "acknowledgement"; readonly byteLength: number };

/**
 * The far end of one connection, played by a test or a simulated server. It acknowledges what arrives as a TCP stack
 * does, whether or not the script answers.
 */
export class Peer {
  readonly address: string;
  readonly port: number;
  /** As the device asked for it; `undefined` when it did not. */
  readonly nodelay: boolean | undefined;
  /** One entry for each `socket.write` of the device. */
  readonly writes: Uint8Array[] = [];
  /** The device closed: its FIN has arrived. */
  finished = false;
  /** The device's RST has arrived. */
  wasReset = false;
  onData: ((bytes: Uint8Array) => void) | undefined;
  onFinished: (() => void) | undefined;
  onReset: (() => void) | undefined;

  readonly #latency: number;
  #events: WireEvents | undefined;
  #silent = false;
  #flowing = true;
  #acknowledging = true;
  #unacknowledged = 0;
  readonly #toPeer: OrderedQueue<ToPeer>;
  readonly #toDevice: OrderedQueue<ToDevice>;
  readonly #acknowledgements: OrderedQueue<ToDevice>;

  constructor(clock: Clock, latency: number, options: WireOptions, events: WireEvents) {
    this.address = options.address;
    this.port = options.port;
    this.nodelay = options.nodelay;
    this.#latency = latency;
    this.#events = events;
    const passes = () => !this.#silent;
    this.#toPeer = new OrderedQueue(clock, passes, (item) => this.#arriveAtPeer(item));
    this.#toDevice = new OrderedQueue(clock, passes, (item) => this.#arriveAtDevice(item));
    this.#acknowledgements = new OrderedQueue(clock, passes, (item) => this.#arriveAtDevice(item));
    this.#toDevice.push({ kind: "connected" }, latency);
  }

  /** Everything received so far, joined. */
  get bytes(): Uint8Array {
    const joined = new Uint8Array(this.writes.reduce((total, bytes) => total + bytes.byteLength, 0));
    let offset = 0;
    for (const bytes of this.writes) {
      joined.set(bytes, offset);
      offset += bytes.byteLength;
    }
    return joined;
  }

  /** True until either end has closed or reset. */
  get open(): boolean {
    return this.#events !== undefined && !this.finished && !this.wasReset;
  }

  /** Sends one segment; call it once a chunk to choose the chunking. */
  send(bytes: Uint8Array | readonly number[]): void {
    this.#toDevice.push({ kind: "data", bytes: Uint8Array.from(bytes) }, this.#latency);
  }

  /** FIN: this end sends no more. */
  finish(): void {
    this.#toDevice.push({ kind: "finish" }, this.#latency);
  }

  /** RST. */
  reset(): void {
    this.#toDevice.push({ kind: "reset" }, this.#latency);
  }

  /** Half-open: while true nothing arrives at either end and nothing is acknowledged; it arrives later, as retransmitted. */
  set silent(silent: boolean) {
    this.#silent = silent;
    this.#toPeer.pump();
    this.#toDevice.pump();
    this.#acknowledgements.pump();
  }

  get silent(): boolean {
    return this.#silent;
  }

  /** False: bytes arrive but stay unacknowledged, so the device's send buffer fills; true acknowledges them all. */
  set acknowledging(acknowledging: boolean) {
    this.#acknowledging = acknowledging;
    if (acknowledging && this.#unacknowledged > 0) this.#acknowledge(this.#unacknowledged);
  }

  get acknowledging(): boolean {
    return this.#acknowledging;
  }

  /** For the link only: the device's end. */
  asWire(): Wire {
    return {
      write: (bytes) => this.#toPeer.push(bytes, this.#latency),
      finish: () => {
        this.#events = undefined;
        this.#toPeer.push("finish", this.#latency);
      },
      reset: () => {
        this.#events = undefined;
        this.#toPeer.push("reset", this.#latency);
      },
      setFlowing: (flowing) => {
        this.#flowing = flowing;
        this.#toDevice.pump();
      },
      abandon: () => {},
    };
  }

  #acknowledge(byteLength: number): void {
    this.#unacknowledged -= byteLength;
    this.#acknowledgements.push({ kind: "acknowledgement", byteLength }, this.#latency);
  }

  #arriveAtPeer(item: ToPeer): number {
    if (this.wasReset) return TAKEN;
    if (item === "finish") {
      this.finished = true;
      this.onFinished?.();
    } else if (item === "reset") {
      this.wasReset = true;
      this.onReset?.();
    } else {
      this.writes.push(item);
      this.#unacknowledged += item.byteLength;
      if (this.#acknowledging) this.#acknowledge(item.byteLength);
      this.onData?.(item);
    }
    return TAKEN;
  }

  #arriveAtDevice(item: ToDevice): number {
    const events = this.#events;
    if (!events) return TAKEN;
    if (item.kind === "data") {
      if (!this.#flowing) return BLOCKED;
      events.onData(item.bytes);
    } else if (item.kind === "acknowledgement") events.onAcknowledged(item.byteLength);
    else if (item.kind === "connected") events.onConnected();
    else if (item.kind === "finish") events.onFinished();
    else {
      this.#events = undefined;
      events.onFailed(new Error("connection reset by peer"));
    }
    return TAKEN;
  }
}

/** A whole network in memory, on one clock: what listens where is set up by a test. Deterministic. */
export class Link implements Network {
  readonly #clock: Clock;
  readonly #latency: number;
  readonly #listeners = new Map<number, Accept>();
  readonly #hosts = new Map<string, string>();
  readonly #datagramSockets = new Set<DatagramSocket>();
  /** A datagram from a device; answer with `sendDatagram`. */
  onDatagram: ((bytes: Uint8Array, address: string, port: number, from: number) => void) | undefined;

  constructor(options: LinkOptions) {
    this.#clock = options.clock;
    this.#latency = options.latency ?? 0;
  }

  /** Accepts connections to `port` at any address, until `refuse`. */
  listen(port: number, accept: Accept): void {
    this.#listeners.set(port, accept);
  }

  /** From now on connections to `port` are refused, as they are where nothing listens. */
  refuse(port: number): void {
    this.#listeners.delete(port);
  }

  /** Makes `host` known to the resolver. */
  addHost(host: string, address: string): void {
    this.#hosts.set(host, address);
  }

  connect(options: WireOptions, events: WireEvents): Wire {
    const accept = this.#listeners.get(options.port);
    if (!accept) return this.#refusedWire(events);
    const peer = new Peer(this.#clock, this.#latency, options, events);
    this.#clock.schedule(() => accept(peer), this.#latency);
    return peer.asWire();
  }

  resolve(host: string, callback: (address: string | undefined) => void): void {
    this.#clock.schedule(() => callback(this.#hosts.get(host)), 2 * this.#latency);
  }

  bind(options: { readonly port: number }, events: DatagramEvents): DatagramWire {
    const socket: DatagramSocket = {
      port: options.port > 0 ? options.port : 49_152 + this.#datagramSockets.size,
      events,
      send: (bytes, address, port) => {
        const copy = bytes.slice();
        this.#clock.schedule(() => this.onDatagram?.(copy, address, port, socket.port), this.#latency);
      },
      close: () => this.#datagramSockets.delete(socket),
    };
    this.#datagramSockets.add(socket);
    return socket;
  }

  /** Sends a datagram to the device's socket bound to `to`, as if it came from `address`:`port`. */
  sendDatagram(to: number, bytes: Uint8Array, address: string, port: number): void {
    const copy = bytes.slice();
    this.#clock.schedule(() => {
      for (const socket of this.#datagramSockets)
        if (socket.port === to) socket.events.onDatagram(copy, address, port);
    }, this.#latency);
  }

  #refusedWire(events: WireEvents): Wire {
    const scheduled = this.#clock.schedule(
      () => events.onFailed(new Error("connection refused")),
      2 * this.#latency,
    );
    const ignore = (): void => {};
    return {
      write: ignore,
      finish: ignore,
      reset: () => this.#clock.cancel(scheduled),
      setFlowing: ignore,
      abandon: ignore,
    };
  }
}
