/*
 * The other end of the wire, inside the machine: a socket that takes everything and gives what the scenario says. It allocates
 * nothing once it is made, so that what a scenario allocates is the client's.
 */

/** What the socket says it can take, as ESP32's lwIP does. Bytes. */
const SEND_BUFFER = 5_744;
const NOTHING = Object.freeze({ length: 0 }) as unknown as Uint8Array;

type Callback = (this: FakeSocket | IdleSocket, count: number) => void;

/** Of the options that the client gives it, those that it uses. */
interface SocketOptions {
  target: unknown;
  wire: Wire;
  onReadable: Callback;
  onWritable: Callback;
}

/** Holds the socket that the client has made, and counts. */
export class Wire {
  socket: FakeSocket | IdleSocket | undefined;
  /** What the socket has for the client. */
  inbound: Uint8Array;
  /** What the client has written last: its own bytes, valid at once only. */
  last: Uint8Array;
  writes: number;

  constructor() {
    this.socket = undefined;
    this.inbound = NOTHING;
    this.last = NOTHING;
    this.writes = 0;
  }

  /** The broker sends a packet. */
  deliver(packet: Uint8Array): void {
    this.inbound = packet;
    this.socket!.onReadable(packet.length);
  }
}

/** As `embedded:io/socket/tcp`; the connection is made when the scenario says so. */
export class FakeSocket {
  readonly target: unknown;
  readonly wire: Wire;
  readonly onReadable: Callback;
  readonly onWritable: Callback;

  constructor(options: SocketOptions) {
    this.target = options.target;
    this.wire = options.wire;
    this.onReadable = options.onReadable;
    this.onWritable = options.onWritable;
    options.wire.socket = this;
  }

  connected(): void {
    this.onWritable(SEND_BUFFER);
  }

  write(bytes: Uint8Array): number {
    const { wire } = this;
    wire.last = bytes;
    wire.writes += 1;
    return SEND_BUFFER;
  }

  read(target: Uint8Array): void {
    target.set(this.wire.inbound);
  }

  close(): void {}
}

/** Nobody listens to it: what is measured with it is the scenario's own. */
export class IdleSocket {
  onReadable(_count: number): void {}
  connected(): void {}
}

/** As `embedded:network/dns/resolver/udp`; answers at once. */
export class FakeResolver {
  resolve(options: { host: string; onResolved(host: string, address: string): void }): void {
    options.onResolved(options.host, "192.0.2.1");
  }
}

/** Fixed header, then the rest. */
export function packetOf(first: number, rest: Uint8Array): Uint8Array {
  const packet = new Uint8Array(2 + rest.length);
  packet[0] = first;
  packet[1] = rest.length;
  packet.set(rest, 2);
  return packet;
}

/** An acknowledgement of four bytes. */
export function acknowledgementOf(first: number, packetIdentifier: number): Uint8Array {
  return packetOf(first, Uint8Array.of(packetIdentifier >> 8, packetIdentifier));
}
