import type { Clock } from "../clock/clock";
import { CLOSED, Connection, type ConnectionHost } from "./connection";
import { OrderedQueue, TAKEN } from "./ordered-queue";
import type { DatagramEvents, DatagramWire, Network, WireEvents, WireOptions } from "./wire";

/** What goes wrong by itself, drawn from the interface's seeded `random`. All default to 0. */
export interface Faults {
  /** One-way delay of every packet, ms. */
  readonly latency?: number;
  /** Up to this much more, ms, uniformly; packets never overtake one another. */
  readonly jitter?: number;
  /** Probability, 0 to 1, that a write finds its connection reset instead. */
  readonly reset?: number;
}

/** The Wi-Fi network in reach. */
export interface AccessPoint {
  readonly SSID: string;
  /** `undefined`: any password will do. */
  readonly password?: string;
}

export interface NetworkInterfaceOptions {
  readonly clock: Clock;
  readonly network: Network;
  readonly faults?: Faults;
  /** Seeded source of the faults; `Math.random` by default. */
  readonly random?: () => number;
  /** Default: every SSID is in reach. */
  readonly accessPoint?: AccessPoint;
  /** What the access point assigns; default 192.168.4.2. */
  readonly address?: string;
  /** Default 24:0a:c4:00:00:02. */
  readonly MAC?: string;
}

/** Since the interface was made; never reset. */
export interface InterfaceCounters {
  connections: number;
  /** Connections that ended in any way but by the device's own close. */
  failures: number;
  writes: number;
  bytesWritten: number;
  bytesRead: number;
}

/**
 * The network interface of one simulated device. All its connections, look-ups and datagrams pass here, so it can be cut.
 *
 * Taps (`onWrite`, `onRead` ...) see each connection as the firmware does: bytes are written when `socket.write` is
 * called, also during a cut, one call a write; read when they reach the device's receive buffer.
 */
export class NetworkInterface {
  readonly clock: Clock;
  readonly accessPoint: AccessPoint | undefined;
  readonly MAC: string;
  readonly counters: InterfaceCounters = {
    connections: 0,
    failures: 0,
    writes: 0,
    bytesWritten: 0,
    bytesRead: 0,
  };
  faults: Faults;
  onOpen: ((connection: number, address: string, port: number) => void) | undefined;
  onWrite: ((bytes: Uint8Array, connection: number) => void) | undefined;
  onRead: ((bytes: Uint8Array, connection: number) => void) | undefined;
  onEnd: ((connection: number, reason: string) => void) | undefined;
  /** What TLS encrypts, one call a record, and what it has decrypted: `onWrite` and `onRead` see what is on the air. */
  onPlaintextWrite: ((bytes: Uint8Array, connection: number) => void) | undefined;
  onPlaintextRead: ((bytes: Uint8Array, connection: number) => void) | undefined;
  /** For the Wi-Fi class: the access point went away (`false`) or came back. */
  onAccessPoint: ((inReach: boolean) => void) | undefined;
  /** False while the device's Wi-Fi has no address: connecting throws at once, as `ERR_RTE` does in lwIP. */
  hasRoute = true;

  readonly #network: Network;
  readonly #random: () => number;
  readonly #address: string;
  readonly #connections = new Set<Connection>();
  readonly #host: ConnectionHost;
  #isCut = false;
  #accessPointInReach = true;
  #isPowered = true;

  constructor(options: NetworkInterfaceOptions) {
    this.clock = options.clock;
    this.#network = options.network;
    this.#random = options.random ?? Math.random;
    this.faults = options.faults ?? {};
    this.accessPoint = options.accessPoint;
    this.#address = options.address ?? "192.168.4.2";
    this.MAC = options.MAC ?? "24:0a:c4:00:00:02";
    this.#host = {
      clock: options.clock,
      network: options.network,
      isOpen: () => this.isOpen,
      delay: () => this.#delay(),
      breaks: () => this.#breaks(),
      written: (bytes, connection) => this.#written(bytes, connection),
      read: (bytes, connection) => this.#read(bytes, connection),
      ended: (connection, reason) => this.#ended(connection, reason),
      released: (connection) => this.#connections.delete(connection),
    };
  }

  /** True while packets pass. */
  get isOpen(): boolean {
    return this.#isPowered && !this.#isCut && this.#accessPointInReach;
  }

  get isCut(): boolean {
    return this.#isCut || !this.#accessPointInReach;
  }

  get accessPointInReach(): boolean {
    return this.#accessPointInReach;
  }

  /** What the access point assigned or would assign. */
  get address(): string {
    return this.#address;
  }

  /** Connections that the device or a peer still knows. */
  get connectionCount(): number {
    return this.#connections.size;
  }

  /**
   * From now on packets vanish both ways, without FIN or RST: connections become half-open, connecting times out.
   * @param options.accessPoint - true: the access point itself goes away, so the device's Wi-Fi reports it; default false
   */
  cut(options: { readonly accessPoint?: boolean } = {}): void {
    if (options.accessPoint) {
      this.#accessPointInReach = false;
      this.onAccessPoint?.(false);
    } else this.#isCut = true;
    this.#pathChanged();
  }

  /** Packets pass again. Bytes that either end wrote during the cut arrive now, in order, if their connection still lives. */
  restore(): void {
    const returns = !this.#accessPointInReach;
    this.#isCut = false;
    this.#accessPointInReach = true;
    this.#pathChanged();
    if (returns) this.onAccessPoint?.(true);
  }

  /** Resets every connection; both ends notice at once. */
  dropConnections(reason = "connection dropped"): void {
    for (const connection of [...this.#connections]) connection.drop(reason);
  }

  /** The device loses power: its connections are half-open for their peers, as long as those stay silent. */
  powerOff(): void {
    this.#isPowered = false;
    for (const connection of [...this.#connections]) connection.forget("power lost");
    this.#pathChanged();
  }

  /** Power is back. A packet for a connection from before is answered with RST. */
  powerOn(): void {
    this.#isPowered = true;
    this.hasRoute = true;
    this.#pathChanged();
  }

  /** Ends the simulation: every connection is closed for real. */
  close(): void {
    this.#isCut = false;
    this.#accessPointInReach = true;
    this.#isPowered = true;
    for (const connection of [...this.#connections]) connection.drop("simulation ended");
  }

  /** For the TCP class. Events come later, never inside this call. */
  connect(options: WireOptions, events: WireEvents): Connection {
    this.counters.connections += 1;
    const number = this.counters.connections;
    const connection = new Connection(this.#host, number, options, events);
    this.#connections.add(connection);
    this.onOpen?.(number, options.address, options.port);
    return connection;
  }

  /** For the resolver: `callback` gets `undefined` when the name is unknown; while cut it is never called. */
  resolve(host: string, callback: (address: string | undefined) => void): void {
    if (!this.isOpen) return;
    const answers = new OrderedQueue<string | undefined>(
      this.clock,
      () => true,
      (address) => {
        if (this.isOpen) callback(address);
        return TAKEN;
      },
    );
    this.#network.resolve(host, (address) => answers.push(address, 2 * this.#delay()));
  }

  /** For the UDP class: datagrams either way are lost while cut. */
  bind(options: { readonly port: number }, events: DatagramEvents): DatagramWire {
    const wire = this.#network.bind(options, {
      onDatagram: (bytes, address, port) => {
        if (this.isOpen) events.onDatagram(bytes, address, port);
      },
      onFailed: (error) => events.onFailed(error),
    });
    return {
      send: (bytes, address, port) => {
        if (this.isOpen) wire.send(bytes, address, port);
      },
      close: () => wire.close(),
    };
  }

  #pathChanged(): void {
    for (const connection of [...this.#connections]) connection.pathChanged();
  }

  #delay(): number {
    const { latency = 0, jitter = 0 } = this.faults;
    return jitter > 0 ? latency + this.#random() * jitter : latency;
  }

  #breaks(): boolean {
    const { reset = 0 } = this.faults;
    return reset > 0 && this.#random() < reset;
  }

  #written(bytes: Uint8Array, connection: number): void {
    this.counters.writes += 1;
    this.counters.bytesWritten += bytes.byteLength;
    this.onWrite?.(bytes, connection);
  }

  #read(bytes: Uint8Array, connection: number): void {
    this.counters.bytesRead += bytes.byteLength;
    this.onRead?.(bytes, connection);
  }

  #ended(connection: Connection, reason: string): void {
    if (reason !== CLOSED) this.counters.failures += 1;
    this.onEnd?.(connection.number, reason);
  }
}
