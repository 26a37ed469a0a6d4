import { createSocket } from "node:dgram";
import { lookup } from "node:dns";
import { connect, type Socket } from "node:net";
import type { DatagramEvents, DatagramWire, Network, Wire, WireEvents, WireOptions } from "./wire";

/** How long a closed connection waits for the peer's FIN, ms (`TCP_FIN_WAIT_TIMEOUT` of lwIP). */
const FINISH_TIMEOUT = 20_000;

/** The desktop's own network. */
export class NodeNetwork implements Network {
  connect(options: WireOptions, events: WireEvents): Wire {
    return new NodeWire(options, events);
  }

  resolve(host: string, callback: (address: string | undefined) => void): void {
    // The firmware's resolver asks for A records only.
    lookup(host, { family: 4 }, (error, address) => callback(error ? undefined : address));
  }

  bind(options: { readonly port: number }, events: DatagramEvents): DatagramWire {
    const socket = createSocket({ type: "udp4", reuseAddr: options.port > 0 });
    socket.on("message", (bytes, from) => events.onDatagram(bytes, from.address, from.port));
    socket.on("error", (error) => events.onFailed(error));
    socket.bind(options.port);
    return {
      // A datagram that cannot be sent is lost, as on the air.
      send: (bytes, address, port) => socket.send(bytes, port, address, () => {}),
      close: () => socket.close(),
    };
  }
}

class NodeWire implements Wire {
  readonly #socket: Socket;
  #events: WireEvents | undefined;

  constructor(options: WireOptions, events: WireEvents) {
    this.#events = events;
    this.#socket = connect({
      host: options.address,
      port: options.port,
      allowHalfOpen: true,
      ...(options.nodelay === undefined ? {} : { noDelay: options.nodelay }),
    });
    this.#socket.on("connect", () => this.#events?.onConnected());
    this.#socket.on("data", (bytes: Buffer) => this.#events?.onData(bytes));
    this.#socket.on("end", () => this.#events?.onFinished());
    this.#socket.on("error", (error) => {
      this.#detach()?.onFailed(error);
    });
  }

  write(bytes: Uint8Array): void {
    // Node's own acknowledgement: the operating system has the bytes.
    this.#socket.write(bytes, (error) => {
      if (!error) this.#events?.onAcknowledged(bytes.byteLength);
    });
  }

  finish(): void {
    this.#detach();
    this.#socket.end(() => this.#socket.unref());
    this.#socket.resume();
    const timeout = setTimeout(() => this.#socket.destroy(), FINISH_TIMEOUT);
    timeout.unref();
    this.#socket.on("close", () => clearTimeout(timeout));
  }

  reset(): void {
    this.#detach();
    if (this.#socket.connecting) this.#socket.destroy();
    else this.#socket.resetAndDestroy();
  }

  setFlowing(flowing: boolean): void {
    if (flowing) this.#socket.resume();
    else this.#socket.pause();
  }

  abandon(): void {
    this.#socket.unref();
  }

  #detach(): WireEvents | undefined {
    const events = this.#events;
    this.#events = undefined;
    return events;
  }
}
