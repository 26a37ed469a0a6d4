import { Worker } from "node:worker_threads";
import type { DebugWire } from "./debug-wire";

export interface DebugSocketOptions {
  /** Default `localhost`. */
  readonly host?: string;
  /** Default 5002, where xsbug listens. */
  readonly port?: number;
  /** ms; default 2,000. */
  readonly timeout?: number;
}

/** Bytes from the debugger that the machine has not read yet; more wait in the worker. */
const RING = 65_536;
/** Words of the shared control block. */
const STATE = 0;
const WRITTEN = 1;
const READ = 2;
const EVENTS = 3;
const CONNECTING = 0;
const CONNECTED = 1;
const CLOSED = 2;

/**
 * A TCP connection to an xsbug. The thread of the machine sleeps while it waits, so the socket lives in a thread of its own.
 */
export class DebugSocket implements DebugWire {
  onReadable?: () => void;
  readonly #options: DebugSocketOptions;
  readonly #control: Int32Array = new Int32Array(new SharedArrayBuffer(16));
  readonly #ring: Uint8Array = new Uint8Array(new SharedArrayBuffer(RING));
  #worker: Worker | undefined;

  constructor(options: DebugSocketOptions = {}) {
    this.#options = options;
  }

  connect(): boolean {
    const { host = "localhost", port = 5002, timeout = 2_000 } = this.#options;
    const workerData = { host, port, control: this.#control.buffer, ring: this.#ring.buffer };
    this.#control.fill(0);
    const worker = new Worker(WORKER, { eval: true, workerData });
    worker.unref();
    worker.on("message", () => this.onReadable?.());
    this.#worker = worker;
    this.#waitWhile(() => this.#state === CONNECTING, timeout);
    if (this.#state === CONNECTED) return true;
    this.#close();
    return false;
  }

  disconnect(): void {
    if (!this.#worker) return;
    this.#worker.postMessage("end");
    this.#waitWhile(() => this.#state === CONNECTED, this.#options.timeout ?? 2_000);
    this.#close();
  }

  readable(): boolean {
    return this.#available > 0 || this.#state === CLOSED;
  }

  receive(maximum: number): Uint8Array | undefined {
    this.#waitWhile(() => this.#available === 0 && this.#state === CONNECTED, Number.POSITIVE_INFINITY);
    const count = Math.min(maximum, this.#available);
    if (count === 0) return undefined;
    const read = Atomics.load(this.#control, READ);
    const bytes = Uint8Array.from({ length: count }, (_, index) => this.#ring[(read + index) % RING]!);
    Atomics.store(this.#control, READ, read + count);
    this.#worker?.postMessage("drained");
    return bytes;
  }

  send(bytes: Uint8Array): void {
    this.#worker?.postMessage(bytes);
  }

  get #state(): number {
    return Atomics.load(this.#control, STATE);
  }

  get #available(): number {
    return (Atomics.load(this.#control, WRITTEN) - Atomics.load(this.#control, READ)) | 0;
  }

  /** Sleeps; the worker counts what happens. */
  #waitWhile(condition: () => boolean, timeout: number): void {
    const end = performance.now() + timeout;
    for (;;) {
      const events = Atomics.load(this.#control, EVENTS);
      if (!condition()) return;
      const left = end - performance.now();
      if (left <= 0) return;
      Atomics.wait(this.#control, EVENTS, events, left);
    }
  }

  #close(): void {
    Atomics.store(this.#control, STATE, CLOSED);
    void this.#worker?.terminate();
    this.#worker = undefined;
  }
}

const WORKER = `
const { connect } = require("node:net");
const { parentPort, workerData } = require("node:worker_threads");
const control = new Int32Array(workerData.control);
const ring = new Uint8Array(workerData.ring);
let waiting = Buffer.alloc(0);
function happened() {
  Atomics.add(control, ${EVENTS}, 1);
  Atomics.notify(control, ${EVENTS});
}
function flush() {
  const written = Atomics.load(control, ${WRITTEN});
  const room = ${RING} - ((written - Atomics.load(control, ${READ})) | 0);
  const count = Math.min(room, waiting.length);
  if (count === 0) return;
  for (let index = 0; index < count; index += 1) ring[(written + index) % ${RING}] = waiting[index];
  waiting = waiting.subarray(count);
  Atomics.store(control, ${WRITTEN}, written + count);
  happened();
  parentPort.postMessage("readable");
}
function closed() {
  Atomics.store(control, ${STATE}, ${CLOSED});
  happened();
  parentPort.postMessage("closed");
}
const socket = connect({ host: workerData.host, port: workerData.port, noDelay: true });
socket.on("connect", () => {
  Atomics.store(control, ${STATE}, ${CONNECTED});
  happened();
});
socket.on("data", (bytes) => {
  waiting = waiting.length ? Buffer.concat([waiting, bytes]) : bytes;
  flush();
});
socket.on("error", () => {});
socket.on("close", closed);
parentPort.on("message", (message) => {
  if (message === "drained") flush();
  else if (message === "end") socket.end(() => socket.destroy());
  else socket.write(message);
});
`;
