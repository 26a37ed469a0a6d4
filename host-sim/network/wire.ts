/** What a wire tells its owner. Called from the clock or the event loop, never inside a call of the wire. */
export interface WireEvents {
  /** The handshake is done; bytes may be written. */
  onConnected(): void;
  /** Bytes arrived, in order; the receiver owns the array. */
  onData(bytes: Uint8Array): void;
  /** `byteLength` more of the written bytes have been acknowledged. */
  onAcknowledged(byteLength: number): void;
  /** The peer sent FIN: no data follows; writing is still possible. */
  onFinished(): void;
  /** The connection is gone: refused, reset, or no way to reach the peer. Nothing follows. */
  onFailed(error: Error): void;
}

/** One TCP connection of the network below a {@link NetworkInterface}: real (node-wire.ts) or in memory (link.ts). */
export interface Wire {
  /** Queues one segment. The array belongs to the wire from now on. */
  write(bytes: Uint8Array): void;
  /** FIN after what was written. Inbound data is dropped from now on and no event follows. */
  finish(): void;
  /** RST; what was not sent is lost. No event follows. */
  reset(): void;
  /** Stops or resumes inbound data, as a closed or open receive window does. */
  setFlowing(flowing: boolean): void;
  /** The near end lost its power: the peer must not notice, but the connection shall not keep the process alive. */
  abandon(): void;
}

export interface WireOptions {
  /** IPv4 or IPv6 address, numeric. */
  readonly address: string;
  readonly port: number;
  /** TCP_NODELAY; `undefined` leaves the default of the system (Nagle's algorithm on). */
  readonly nodelay: boolean | undefined;
}

/** A datagram socket of the network below. */
export interface DatagramWire {
  send(bytes: Uint8Array, address: string, port: number): void;
  close(): void;
}

export interface DatagramEvents {
  onDatagram(bytes: Uint8Array, address: string, port: number): void;
  onFailed(error: Error): void;
}

/** Everything outside the device's antenna: a simulated one (`Link`) or the desktop's own (`NodeNetwork`). */
export interface Network {
  connect(options: WireOptions, events: WireEvents): Wire;
  /** Finds the IPv4 address of `host`; `callback` runs later, with `undefined` when there is none. */
  resolve(host: string, callback: (address: string | undefined) => void): void;
  bind(options: { readonly port: number }, events: DatagramEvents): DatagramWire;
}
