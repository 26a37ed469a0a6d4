import { INVALID_STATE, mqttError } from "../../mqtt/mqtt-error";
import { invalid } from "../connection/connect-options";
import type { Socket } from "../connection/connection";
import type { IOOptions } from "../mqtt-client-options";
import { TLS_FAILED } from "./transport-error";

/** TLS 1.2, as the Moddable SDK writes it. Nothing older is spoken. */
const TLS_1_2 = 0x303;

/** Options of TLS, with the Moddable SDK's names. All certificates and keys are DER. */
export interface SecureOptions {
  /** The authority that the broker's certificate must lead to. Without it: those among the firmware's resources. */
  certificate?: ArrayBuffer | Uint8Array | HostBuffer;
  /** Of this device, its own first, for brokers that ask for one. */
  clientCertificates?: readonly (ArrayBuffer | Uint8Array | HostBuffer)[];
  /** Private key (PKCS #8) of the first of them. */
  clientKey?: ArrayBuffer | Uint8Array | HostBuffer;
  /** ALPN (RFC 7301): one protocol or several, best first. "x-amzn-mqtt-ca" for AWS IoT on port 443. */
  applicationLayerProtocolNegotiation?: string | readonly string[];
  /** Server Name Indication, and the name that the certificate must have; default the option `host`. */
  serverName?: string;
  /** Asks the broker for smaller records, bytes: less RAM on the device. */
  tls_max_fragment_length?: number;
}

/** Options of {@link TLSTransport}; those that are missing here it takes from `MQTTClient`. */
export interface TLSTransportOptions {
  /** The class of `embedded:io/socket/tcp/tls`. */
  TLS: IOOptions;
  /** The TCP socket below it, and its options. */
  TCP: IOOptions;
  secure?: SecureOptions;
  address?: string;
  host?: string;
  port?: number;
  nodelay?: boolean;
  format?: "buffer";
  onReadable?: (this: TLSTransport, count: number) => void;
  onWritable?: (this: TLSTransport, count: number) => void;
  /** The connection is over. `error` is an MQTTError where TLS knows more than that. */
  onError?: (this: TLSTransport, error?: unknown) => void;
  target?: unknown;
}

/**
 * The Moddable SDK's TLS socket, made safe for `MQTTClient`:
 *
 * ```ts
 * socket: { io: TLSTransport, TLS: { io: TLSSocket }, TCP: { io: TCP }, secure: { certificate: new Resource("ca.der") } }
 * ```
 *
 * The SDK's socket throws what it finds wrong with a certificate out of a callback of the TCP socket, which ends the machine: here
 * it comes to `onError`. And it lets a program switch verification off: here that is refused. In certificates it looks for the host
 * name only where another certificate follows (SDK 8.2.3), so the broker must send its authority's certificate as well; and it needs
 * the date, so set the time first.
 */
export default class TLSTransport implements Socket {
  /** The option `target`; without that option the property is missing. */
  declare target?: unknown;
  readonly #guard: Guard;

  /**
   * Begins to connect. No callback is called before the constructor has returned.
   * @throws {MQTTError} INVALID_OPTION; and what TLS or TCP throw, such as an authority's certificate that is out of date
   */
  constructor(options: TLSTransportOptions) {
    const { TLS, TCP, secure = {}, target, format = "buffer" } = options;
    if (typeof TLS?.io !== "function") invalid("TLS has no class as io");
    if (typeof TCP?.io !== "function") invalid("TCP has no class as io");
    if (format !== "buffer") invalid(`format ${format} is not buffer`);
    checkSecure(secure);
    if (target !== undefined) this.target = target;
    const guard = new Guard(this, options);
    this.#guard = guard;
    guard.socket = new TLS.io({
      ...options,
      secure: { ...secure, protocolVersion: TLS_1_2 },
      TCP: { ...TCP, io: GuardedTCP },
      // For GuardedTCP, which gets what TLS got.
      guard,
      target: undefined,
      onReadable: (count: number) => callOwner(guard, guard.options.onReadable, count),
      onWritable: (count: number) => callOwner(guard, guard.options.onWritable, count),
      onError: (error?: unknown) => fail(guard, error),
    });
  }

  /** Always "buffer". */
  get format(): "buffer" {
    return "buffer";
  }

  set format(format: "buffer") {
    if (format !== "buffer") invalid(`format ${format} is not buffer`);
  }

  /** As that of ECMA-419 TCP. @throws {MQTTError} INVALID_STATE after `close` */
  read(countOrBuffer?: number | Uint8Array | ArrayBuffer): ArrayBuffer | number | undefined {
    return socketOf(this.#guard).read(countOrBuffer as Uint8Array) as ArrayBuffer | number | undefined;
  }

  /**
   * Sends `data` as one TLS record.
   * @returns bytes that may be written now
   * @throws {MQTTError} INVALID_STATE after `close`; and what the socket throws
   */
  write(data: Uint8Array | ArrayBuffer): number | undefined {
    return socketOf(this.#guard).write(data as Uint8Array) as number | undefined;
  }

  /** Allowed at any moment; no callback follows. */
  close(): void {
    closeGuard(this.#guard);
  }
}

/** What the transport, its TLS socket and the TCP socket under that share. */
class Guard {
  readonly owner: TLSTransport;
  readonly options: TLSTransportOptions;
  socket: Socket | undefined;
  isClosed: boolean;
  /** What a callback of the owner threw: not of TLS, and to be thrown on. */
  thrown: unknown;

  constructor(owner: TLSTransport, options: TLSTransportOptions) {
    this.owner = owner;
    this.options = options;
    this.socket = undefined;
    this.isClosed = false;
    this.thrown = undefined;
  }
}

/** Options as the TLS socket passes them on. */
interface GuardedOptions {
  readonly guard: Guard;
  onReadable(count: number): void;
  onWritable(count: number): void;
  onError(): void;
}

/** The TCP socket that the TLS socket makes: the real one, with callbacks from which nothing of TLS is thrown. */
class GuardedTCP {
  constructor(options: GuardedOptions) {
    const { guard } = options;
    const { TCP } = guard.options;
    // biome-ignore lint/correctness/noConstructorReturn: TLS uses the socket itself, without a layer between
    return new TCP.io({
      ...options,
      ...TCP,
      onReadable: (count: number) => attempt(guard, () => options.onReadable(count)),
      onWritable: (count: number) => attempt(guard, () => options.onWritable(count)),
      onError: () => attempt(guard, () => options.onError()),
    });
  }
}

function attempt(guard: Guard, callback: () => void): void {
  if (guard.isClosed) return;
  try {
    callback();
  } catch (error) {
    if (error === guard.thrown) throw error;
    fail(guard, error);
  }
}

function callOwner(
  guard: Guard,
  callback: ((this: TLSTransport, count: number) => void) | undefined,
  count: number,
): void {
  if (guard.isClosed) return;
  try {
    callback?.call(guard.owner, count);
  } catch (error) {
    guard.thrown = error;
    throw error;
  }
}

function fail(guard: Guard, error: unknown): void {
  const { owner, options, isClosed } = guard;
  if (isClosed) return;
  closeGuard(guard);
  options.onError?.call(
    owner,
    error === undefined ? undefined : mqttError(TLS_FAILED, `TLS: ${textOf(error)}`),
  );
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function closeGuard(guard: Guard): void {
  const { socket } = guard;
  guard.isClosed = true;
  guard.socket = undefined;
  socket?.close();
}

function socketOf(guard: Guard): Socket {
  if (!guard.socket) throw mqttError(INVALID_STATE, "the TLS socket is closed");
  return guard.socket;
}

/** @throws {MQTTError} INVALID_OPTION for what would make TLS a mere decoration */
function checkSecure(secure: SecureOptions & { verify?: unknown; protocolVersion?: unknown }): void {
  const { verify = true, protocolVersion = TLS_1_2, clientCertificates, clientKey } = secure;
  if (verify !== true)
    invalid(
      `verify ${verify}: whoever cannot verify the broker cannot trust it, give its authority as certificate`,
    );
  if (protocolVersion !== TLS_1_2) invalid(`protocolVersion ${protocolVersion} is not TLS 1.2, ${TLS_1_2}`);
  if ((clientCertificates === undefined) !== (clientKey === undefined))
    invalid("clientCertificates and clientKey belong together");
}
