import type Timer from "timer";
import type { KeepAlive } from "../../mqtt/keep-alive";
import type { MQTTError } from "../../mqtt/mqtt-error";
import type { PacketReader } from "../../mqtt/packet-reader";
import type { Session } from "../../mqtt/session";
import type MQTTClient from "../mqtt-client";
import type { MQTTClientOptions } from "../mqtt-client-options";
import type { Protocol } from "../protocol";
import type { Version5State } from "../version-5/state";
import { RESOLVING } from "./connection-state";

/** What this client needs of an ECMA-419 TCP socket. */
export interface Socket {
  read(buffer: Uint8Array): unknown;
  /** @returns how many more bytes may be written; some implementations return nothing */
  write(bytes: Uint8Array): unknown;
  close(): void;
}

/** What this client needs of an ECMA-419 Domain Name Resolver, with the callbacks that the Moddable SDK gave it. */
export interface Resolver {
  resolve(options: {
    host: string;
    onResolved(host: string, address: string): void;
    onError(host: string): void;
  }): void;
  close?(): void;
}

export type Callbacks = Pick<
  MQTTClientOptions,
  "onReadable" | "onWritable" | "onControl" | "onClose" | "onError" | "onAcknowledge" | "onAuthenticate"
>;

/**
 * The state of one connection of an `MQTTClient`, which keeps it to itself. A class of plain fields, so that module
 * functions in several files can work on it: a #method costs 16 bytes of RAM an instance on XS. So does a field, from the moment it
 * is set: those declared only are missing until they are needed.
 */
export class Connection {
  /** `this` of the application's callbacks. */
  readonly owner: MQTTClient;
  readonly callbacks: Callbacks;
  readonly protocol: Protocol;
  readonly session: Session;
  readonly reader: PacketReader;
  /** Of MQTT 5.0 alone. */
  declare version5?: Version5State | undefined;
  /** Missing when it is switched off. */
  keepAlive: KeepAlive | undefined;
  readonly clean: boolean;
  /** Where bytes from the socket go; position to end are not parsed yet. */
  readonly inbound: Uint8Array;
  /** Where packets are written before they go to the socket. */
  readonly outbound: Uint8Array;
  /** RESOLVING to CLOSED, see connection-state.ts. */
  state: number;
  socket: Socket | undefined;
  resolver: Resolver | undefined;
  /** By state: the time left for CONNACK, Keep Alive, the time the broker has to close after DISCONNECT. */
  timer: Timer | undefined;
  /** What shall happen a turn later: reading on, or reporting an error. */
  declare deferred?: Timer | undefined;
  /** In ENDED: what the application is told when it has read all. */
  declare error?: MQTTError | undefined;
  /** The CONNECT packet until it is sent. */
  connectPacket: Uint8Array | undefined;

  /** CONNECT has been sent. */
  asked: boolean;

  /** Bytes that the socket holds. */
  readable: number;
  position: number;
  end: number;
  /** Payload of the current message that stands in `inbound`: inbound[payloadStart, payloadEnd). */
  payloadStart: number;
  payloadEnd: number;
  /** Payload bytes announced to the application and not read by it; nothing is parsed before they are. */
  available: number;
  /** The application is told of the next piece that it is the first of its message. */
  declare first?: boolean;
  /** The application is being told of a message without payload. */
  declare isEmpty?: boolean;
  /** The current message is not for the application. */
  declare discard?: boolean;
  /** `receive` is running, perhaps further up the stack. */
  receiving: boolean;
  /** The application has closed: no callback is called any more. */
  declare abandoned?: boolean;

  /** Bytes that the socket takes. */
  writable: number;
  /** Payload bytes of a PUBLISH in fragments that are still to be written; no packet may go between them. */
  remaining: number;
  /** Acknowledgements that could not be written yet: Reason Code << 20 | type << 16 | Packet Identifier. */
  declare pending?: number[];
  declare pingPending?: boolean;
  /** The view of `outbound` that the last packet went to the socket as: one of that length is not made again. */
  declare packet?: Uint8Array | undefined;
  /** Where the payload begins of the PUBLISH of 3.1.1 that stands complete in `outbound`; 0: none does. */
  header: number;
  /** Topic Name of the last PUBLISH, and its encoding. */
  declare topic?: string | undefined;
  declare topicBytes?: Uint8Array | undefined;

  constructor(
    owner: MQTTClient,
    callbacks: Callbacks,
    protocol: Protocol,
    session: Session,
    reader: PacketReader,
    keepAlive: KeepAlive | undefined,
    clean: boolean,
    bufferByteLength: number,
  ) {
    this.owner = owner;
    this.callbacks = callbacks;
    this.protocol = protocol;
    this.session = session;
    this.reader = reader;
    this.keepAlive = keepAlive;
    this.clean = clean;
    // One piece of memory for both: each costs 56 bytes more.
    const memory = new ArrayBuffer(2 * bufferByteLength);
    this.inbound = new Uint8Array(memory, 0, bufferByteLength);
    this.outbound = new Uint8Array(memory, bufferByteLength);
    this.state = RESOLVING;
    this.socket = undefined;
    this.resolver = undefined;
    this.timer = undefined;
    this.connectPacket = undefined;
    this.asked = false;
    this.readable = 0;
    this.position = 0;
    this.end = 0;
    this.payloadStart = 0;
    this.payloadEnd = 0;
    this.available = 0;
    this.receiving = false;
    this.writable = 0;
    this.remaining = 0;
    this.header = 0;
  }
}

/** With so many acknowledgements waiting to be written nothing more is read: the broker shall wait too. */
const PENDING_LIMIT = 16;

/** Whether the application, or a full socket, keeps the client from reading. */
export function isBlocked(connection: Connection): boolean {
  const { pending } = connection;
  return connection.available > 0 || (pending !== undefined && pending.length >= PENDING_LIMIT);
}
