import { bytesOf, closedError, copyToRealm, makeError, type Realm } from "../board/realm";
import type { Clock } from "../clock/clock";
import type { NetworkInterface } from "./network-interface";
import { isAddress } from "./tcp";
import type { DatagramWire } from "./wire";

export interface UDPOptions {
  /** 0, the default: any free port. */
  readonly port?: number;
  readonly format?: "buffer";
  readonly onReadable?: (this: UDPSocket, packets: number) => void;
  readonly target?: unknown;
}

export interface UDPSocket {
  target?: unknown;
  readonly format: "buffer";
  /** The next packet, or `undefined`. */
  read(): (ArrayBuffer & { address: string; port: number }) | undefined;
  write(buffer: ArrayBufferLike | ArrayBufferView, address: string, port: number): void;
  close(): void;
}

export type UDPClass = new (options: UDPOptions) => UDPSocket;

/** Makes the class that `embedded:io/socket/udp` exports on one device. Datagrams are lost while the network is cut. */
export function createUDP(environment: {
  readonly network: NetworkInterface;
  readonly clock: Clock;
  readonly realm: Realm;
}): UDPClass {
  const { network, clock, realm } = environment;

  function portOf(value: unknown): number {
    const port = Math.trunc(Number(value ?? 0)) || 0;
    if (port < 0 || port > 65_535) throw makeError(realm, "RangeError", "invalid port");
    return port;
  }

  return class UDP implements UDPSocket {
    declare target?: unknown;
    readonly #onReadable: UDPOptions["onReadable"];
    readonly #packets: (ArrayBuffer & { address: string; port: number })[] = [];
    #wire: DatagramWire | undefined;
    #isReadablePending = false;

    constructor(options: UDPOptions) {
      const port = portOf(options.port);
      if (options.format && options.format !== "buffer")
        throw makeError(realm, "RangeError", "invalid format");
      this.#onReadable = options.onReadable;
      if ("target" in options) this.target = options.target;
      this.#wire = network.bind(
        { port },
        {
          onDatagram: (bytes, address, from) => this.#arrived(bytes, address, from),
          onFailed: () => {},
        },
      );
    }

    get format(): "buffer" {
      return "buffer";
    }

    read(): (ArrayBuffer & { address: string; port: number }) | undefined {
      this.#validate();
      return this.#packets.shift();
    }

    write(buffer: ArrayBufferLike | ArrayBufferView, address: string, port: number): void {
      const wire = this.#validate();
      if (!isAddress(String(address))) throw makeError(realm, "RangeError", "invalid IP address");
      if (!network.hasRoute) throw makeError(realm, "Error", "UDP send failed");
      wire.send(bytesOf(realm, buffer).slice(), String(address), portOf(port));
    }

    close(): void {
      this.#wire?.close();
      this.#wire = undefined;
    }

    #validate(): DatagramWire {
      if (!this.#wire) throw closedError(realm);
      return this.#wire;
    }

    #arrived(bytes: Uint8Array, address: string, port: number): void {
      this.#packets.push(Object.assign(copyToRealm(realm, bytes), { address, port }));
      if (this.#isReadablePending || !this.#onReadable) return;
      this.#isReadablePending = true;
      clock.schedule(() => {
        this.#isReadablePending = false;
        if (this.#wire && this.#packets.length > 0) this.#onReadable?.call(this, this.#packets.length);
      }, 0);
    }
  };
}
