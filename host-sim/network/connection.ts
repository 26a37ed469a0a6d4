import type { Clock, ScheduledCallback } from "../clock/clock";
import { BLOCKED, OrderedQueue, TAKEN } from "./ordered-queue";
import type { Network, Wire, WireEvents, WireOptions } from "./wire";

/** lwIP sends a SYN again every 1.5 s (`LWIP_TCP_RTO_TIME`) and gives up after 6 (`LWIP_TCP_SYNMAXRTX` of the Moddable SDK). */
export const SYN_INTERVAL = 1_500;
export const CONNECT_TIMEOUT = 9_500;
/** 12 retransmissions (`LWIP_TCP_MAXRTX`) that start at 0.5 s and double up to 64 s: then lwIP gives a connection up. */
export const RETRANSMISSION_TIMEOUT = 383_500;
/** `LWIP_TCP_WND_DEFAULT` of the SDK's ESP32-S3, C3 and C6 targets, and of ESP-IDF. The plain ESP32 target has 8,192. */
export const RECEIVE_WINDOW = 5_744;

/** What a connection needs of the network interface that it goes through. */
export interface ConnectionHost {
  readonly clock: Clock;
  readonly network: Network;
  /** False while packets vanish. */
  isOpen(): boolean;
  /** Delay of the next packet, ms. */
  delay(): number;
  /** Whether a fault resets the connection at this write. */
  breaks(): boolean;
  written(bytes: Uint8Array, connection: number): void;
  read(bytes: Uint8Array, connection: number): void;
  /** The device's end is over; called once. */
  ended(connection: Connection, reason: string): void;
  /** The peer's end is over too: nothing can happen to this connection any more. */
  released(connection: Connection): void;
}

type Inbound =
  | { readonly kind: "connected" | "finished" }
  | { readonly kind: "failed"; readonly error: Error }
  | { readonly kind: "data"; readonly bytes: Uint8Array };
type Outbound = Uint8Array | "finish";

/** The reason of a connection that the device itself closed. */
export const CLOSED = "closed by the device";

const CONNECTING = 0;
const ESTABLISHED = 1;
/** Closed by the device: what it wrote and its FIN are still to be sent. */
const FINISHING = 2;
/** The device does not know it any more, the peer still does: the peer's next packet is answered with RST. */
const FORGOTTEN = 3;
const ENDED = 4;

/**
 * The device's end of one TCP connection, as lwIP keeps it: bytes written during a cut wait and go out, in order, when
 * the interface is restored; what the peer sent meanwhile arrives then. Nothing is lost or reordered while it lives.
 */
export class Connection implements WireEvents {
  readonly number: number;
  readonly #host: ConnectionHost;
  readonly #options: WireOptions;
  #events: WireEvents | undefined;
  #wire: Wire | undefined;
  #state = CONNECTING;
  #unread = 0;
  #unacknowledged = 0;
  #peerReset = false;
  #isOver = false;
  #timer: ScheduledCallback | undefined;
  #synTimer: ScheduledCallback | undefined;
  readonly #inbound: OrderedQueue<Inbound>;
  readonly #outbound: OrderedQueue<Outbound>;
  readonly #acknowledgements: OrderedQueue<number>;

  constructor(host: ConnectionHost, number: number, options: WireOptions, events: WireEvents) {
    this.#host = host;
    this.number = number;
    this.#options = options;
    this.#events = events;
    const isOpen = () => host.isOpen();
    this.#inbound = new OrderedQueue(host.clock, isOpen, (item) => this.#takeInbound(item));
    this.#outbound = new OrderedQueue(host.clock, isOpen, (item) => this.#takeOutbound(item));
    this.#acknowledgements = new OrderedQueue(host.clock, isOpen, (count) =>
      this.#takeAcknowledgement(count),
    );
    this.#timer = host.clock.schedule(() => this.#giveUp("connection timed out"), CONNECT_TIMEOUT);
    this.#sendSYN();
  }

  // What the device does.

  /** Queues a copy of `bytes` as one segment. */
  write(bytes: Uint8Array): void {
    this.#host.written(bytes, this.number);
    if (this.#state !== ESTABLISHED) return;
    if (this.#host.breaks()) {
      this.drop("reset by a fault");
      return;
    }
    this.#unacknowledged += bytes.byteLength;
    this.#timer ??= this.#startRetransmissionTimer();
    this.#outbound.push(bytes.slice(), this.#host.delay());
  }

  /** The device has taken `byteLength` bytes out of its receive buffer: the window opens again. */
  consumed(byteLength: number): void {
    this.#unread -= byteLength;
    this.#inbound.pump();
    this.#updateFlow();
  }

  /** Closes as lwIP does: FIN after what was written, but RST when received bytes were not read (RFC 2525 2.17). */
  close(): void {
    if (this.#state === ENDED || this.#state === FORGOTTEN) return;
    this.#events = undefined;
    if (this.#state === CONNECTING) this.#reset(CLOSED);
    else if (this.#unread > 0) this.#reset(CLOSED);
    else {
      this.#state = FINISHING;
      this.#over(CLOSED);
      this.#timer ??= this.#startRetransmissionTimer();
      this.#outbound.push("finish", this.#host.delay());
      this.#updateFlow();
    }
  }

  // What the interface does.

  /** Packets pass again, or no longer. */
  pathChanged(): void {
    if (this.#state === ENDED) return;
    if (this.#host.isOpen() && this.#peerReset && this.#unacknowledged > 0) {
      this.#fail(new Error("connection reset by peer"));
      return;
    }
    this.#outbound.pump();
    this.#acknowledgements.pump();
    this.#inbound.pump();
    this.#updateFlow();
  }

  /** Power loss: nothing is sent; to the peer the connection is half-open until it next sends something. */
  forget(reason: string): void {
    if (this.#state === ENDED || this.#state === FORGOTTEN) return;
    if (this.#state === CONNECTING) this.#reset(reason);
    else this.#forget(reason);
    this.pathChanged();
  }

  /** Both ends learn that the connection is gone. */
  drop(reason: string): void {
    if (this.#state === ENDED) return;
    const events = this.#events;
    this.#reset(reason);
    events?.onFailed(new Error(reason));
  }

  // What the network below tells.

  onConnected(): void {
    this.#arrive({ kind: "connected" });
  }

  onData(bytes: Uint8Array): void {
    this.#arrive({ kind: "data", bytes });
  }

  onFinished(): void {
    this.#arrive({ kind: "finished" });
  }

  onAcknowledged(byteLength: number): void {
    if (this.#state === ESTABLISHED || this.#state === FINISHING)
      this.#acknowledgements.push(byteLength, this.#host.delay());
  }

  onFailed(error: Error): void {
    this.#wire = undefined;
    // A RST is sent once: while packets vanish it is lost, and only the device's next segment calls for another.
    if (this.#state === ESTABLISHED && !this.#host.isOpen()) this.#peerReset = true;
    else this.#arrive({ kind: "failed", error });
  }

  #arrive(item: Inbound): void {
    if (this.#state === ENDED) return;
    this.#inbound.push(item, this.#host.delay());
    this.#updateFlow();
  }

  #takeInbound(item: Inbound): number {
    if (this.#state === FORGOTTEN) this.#reset("unknown to the device");
    else if (item.kind === "failed") this.#fail(item.error);
    else if (this.#state === FINISHING) return TAKEN;
    else if (item.kind === "data") return this.#takeData(item.bytes);
    else if (item.kind === "finished") this.#events?.onFinished();
    else {
      this.#stopTimers();
      this.#state = ESTABLISHED;
      this.#events?.onConnected();
    }
    return TAKEN;
  }

  #takeData(bytes: Uint8Array): number {
    const room = RECEIVE_WINDOW - this.#unread;
    if (room <= 0) return BLOCKED;
    const taken = bytes.byteLength > room ? bytes.subarray(0, room) : bytes;
    this.#unread += taken.byteLength;
    this.#host.read(taken, this.number);
    this.#events?.onData(taken);
    if (taken === bytes) return TAKEN;
    this.#inbound.replaceHead({ kind: "data", bytes: bytes.subarray(room) });
    return BLOCKED;
  }

  #takeOutbound(item: Outbound): number {
    if (this.#peerReset) {
      this.#fail(new Error("connection reset by peer"));
    } else if (item === "finish") {
      this.#wire?.finish();
      this.#end(CLOSED);
    } else this.#wire?.write(item);
    return TAKEN;
  }

  #takeAcknowledgement(byteLength: number): number {
    this.#unacknowledged -= byteLength;
    if (this.#state === ESTABLISHED) {
      this.#host.clock.cancel(this.#timer);
      this.#timer = this.#unacknowledged > 0 ? this.#startRetransmissionTimer() : undefined;
    }
    this.#events?.onAcknowledged(byteLength);
    return TAKEN;
  }

  #sendSYN(): void {
    this.#synTimer = undefined;
    if (this.#host.isOpen()) this.#wire = this.#host.network.connect(this.#options, this);
    else this.#synTimer = this.#host.clock.schedule(() => this.#sendSYN(), SYN_INTERVAL);
  }

  #startRetransmissionTimer(): ScheduledCallback {
    return this.#host.clock.schedule(() => this.#giveUp("too many retransmissions"), RETRANSMISSION_TIMEOUT);
  }

  /** lwIP frees the connection without a packet to the peer (tcp_slowtmr). */
  #giveUp(reason: string): void {
    const events = this.#events;
    this.forget(reason);
    events?.onFailed(new Error(reason));
  }

  #fail(error: Error): void {
    const events = this.#events;
    this.#end(error.message);
    events?.onFailed(error);
  }

  #reset(reason: string): void {
    if (this.#host.isOpen() || this.#state === CONNECTING) {
      this.#wire?.reset();
      this.#end(reason);
    } else this.#forget(reason); // The RST is lost on the cut path: the peer learns at its next packet.
  }

  #forget(reason: string): void {
    this.#over(reason);
    this.#events = undefined;
    this.#stopTimers();
    this.#outbound.clear();
    this.#acknowledgements.clear();
    this.#state = FORGOTTEN;
    if (this.#wire) this.#wire.abandon();
    else this.#end(reason);
  }

  #end(reason: string): void {
    if (this.#state === ENDED) return;
    this.#over(reason);
    this.#stopTimers();
    this.#state = ENDED;
    this.#events = undefined;
    this.#wire = undefined;
    this.#inbound.clear();
    this.#outbound.clear();
    this.#acknowledgements.clear();
    this.#host.released(this);
  }

  #over(reason: string): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#host.ended(this, reason);
  }

  #updateFlow(): void {
    const blocked = this.#state === ESTABLISHED && this.#unread >= RECEIVE_WINDOW;
    this.#wire?.setFlowing(this.#host.isOpen() && !blocked);
  }

  #stopTimers(): void {
    this.#host.clock.cancel(this.#timer);
    this.#host.clock.cancel(this.#synTimer);
    this.#timer = undefined;
    this.#synTimer = undefined;
  }
}
