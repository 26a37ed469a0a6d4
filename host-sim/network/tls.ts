import { isIP } from "node:net";
import { Duplex } from "node:stream";
import { connect, type DetailedPeerCertificate, type TLSSocket as NodeTLSSocket } from "node:tls";
import { bytesOf, closedError, copyToRealm, makeError, type Realm } from "../board/realm";
import type { Clock } from "../clock/clock";
import type { NetworkInterface } from "./network-interface";
import type { TCPClass, TCPFormat, TCPSocket } from "./tcp";
import { nodeOptions, type SecureOptions } from "./tls-options";

/** What the SDK keeps free of the TCP socket's buffer for a record's header, padding and so on. */
const OVERHEAD = 96;
/** Longest plaintext of a record (RFC 5246 section 6.2.1); the SDK's socket takes no more in one write. */
const MAXIMUM_RECORD = 16_384;

type CountCallback = (this: undefined, byteLength: number) => void;

/** Options of the Moddable SDK's TLS socket (examples/io/tcp/tlssocket): those of TCP, and these. */
export interface TLSOptions {
  /** Of the broker: Server Name Indication, and what its certificate must be made out to. */
  readonly host: string;
  /** The TCP class to use, and its options. */
  readonly TCP: { readonly io: TCPClass };
  readonly secure?: SecureOptions;
  readonly format?: TCPFormat;
  /** Callbacks are called without `this`. */
  readonly onReadable?: CountCallback;
  readonly onWritable?: CountCallback;
  /** The SDK's socket throws what is wrong with a handshake out of the TCP socket's callback; this one gives it here. */
  readonly onError?: (this: undefined, error?: Error) => void;
}

export interface TLSSocket {
  format: TCPFormat;
  read(byteLengthOrBuffer?: number | ArrayBufferLike | ArrayBufferView): number | ArrayBuffer | undefined;
  write(data: ArrayBufferLike | ArrayBufferView): number | undefined;
  close(): void;
}

export type TLSClass = new (options: TLSOptions) => TLSSocket;

export interface TLSEnvironment {
  readonly clock: Clock;
  readonly realm: Realm;
  /** Whose taps see the plaintext; default nobody's. */
  readonly network?: NetworkInterface;
  /** The device's date, ms since 1970: certificates are judged by it, too. Default: the clock's. */
  readonly time?: { date(): number };
}

/**
 * Makes the class that `embedded:io/socket/tcp/tls` exports on one device: TLS 1.2 by node:tls, over whatever TCP class it is
 * given. So it can be cut, delayed and reset as TCP can, and the taps of the network interface see what is on the air.
 */
export function createTLS(environment: TLSEnvironment): TLSClass {
  const { clock, realm, network } = environment;
  const date = (): number => environment.time?.date() ?? clock.date();

  return class TLS implements TLSSocket {
    readonly #options: TLSOptions;
    readonly #tcp: TCPSocket;
    /** Number of the TCP connection. */
    readonly #connection: number;
    readonly #ciphertext: Duplex;
    readonly #tls: NodeTLSSocket;
    /** Decrypted and not read yet. */
    #plaintext: Buffer = Buffer.alloc(0);
    #format: TCPFormat;
    /** Ciphertext that has arrived and waits in the TCP socket. */
    #arrived = 0;
    /** Free bytes of the TCP socket's buffer. */
    #free = 0;
    /** Bytes of it that were promised to plaintext, and those of them that have been used: node:tls encrypts in a later turn. */
    #promised = 0;
    #used = 0;
    /** Ciphertext that the TCP socket did not take yet. */
    #blocked: (() => void) | undefined;
    #wasConnected = false;
    #isReady = false;
    /** TCP has room again, but it was promised: `onWritable` comes when node:tls has used it. */
    #isFull = false;
    #isClosed = false;
    /** The peer has ended the connection, or TCP has; `onError` may still wait for the last bytes to be read. */
    #end: { readonly error: Error | undefined } | undefined;
    #announced = false;

    constructor(options: TLSOptions) {
      this.#options = options;
      this.#format = formatOf(options.format ?? "buffer");
      const secure = nodeOptions(realm, options.secure ?? {}, date());
      const name = options.secure?.serverName ?? options.host;
      this.#ciphertext = new Duplex({
        read: () => {},
        write: (chunk: Buffer, _encoding, callback) => this.#send(chunk, callback),
      });
      this.#tcp = new options.TCP.io({
        ...(options as object),
        format: "buffer",
        onReadable: (byteLength: number) => this.#ciphertextArrived(byteLength),
        onWritable: (byteLength: number) => this.#ciphertextSent(byteLength),
        onError: () => this.#tcpEnded(),
      } as unknown as ConstructorParameters<TCPClass>[0]);
      this.#connection = network?.counters.connections ?? 0;
      // An address is no server name (RFC 6066 section 3), but the certificate may be made out to it.
      const identity = isIP(name) ? { host: name } : { host: name, servername: name };
      this.#tls = connect({ ...secure, ...identity, socket: this.#ciphertext });
      this.#tls.on("secureConnect", () => this.#later(() => this.#connected()));
      this.#tls.on("data", (bytes: Buffer) => {
        network?.onPlaintextRead?.(bytes, this.#connection);
        this.#plaintext = Buffer.concat([this.#plaintext, bytes]);
        this.#announce();
      });
      this.#tls.on("end", () => this.#finish(undefined));
      this.#tls.on("error", (error: Error & { reason?: string }) =>
        this.#finish(makeError(realm, "Error", error.reason ?? error.message)),
      );
    }

    get format(): TCPFormat {
      return this.#format;
    }

    set format(format: TCPFormat) {
      this.#format = formatOf(format);
    }

    read(byteLengthOrBuffer?: number | ArrayBufferLike | ArrayBufferView): number | ArrayBuffer | undefined {
      this.#validate();
      const available = this.#plaintext.byteLength;
      if (available === 0) return undefined;
      if (this.#format === "number") return this.#take(new Uint8Array(1))[0];
      if (byteLengthOrBuffer !== null && typeof byteLengthOrBuffer === "object") {
        const target = bytesOf(realm, byteLengthOrBuffer);
        return this.#take(target.subarray(0, available)).byteLength;
      }
      const byteLength = byteLengthOrBuffer ?? available;
      if (byteLength > available) throw makeError(realm, "Error", "invalid");
      return copyToRealm(realm, this.#take(new Uint8Array(byteLength)));
    }

    write(data: ArrayBufferLike | ArrayBufferView): number | undefined {
      this.#validate();
      if (!this.#isReady) throw makeError(realm, "Error", "not ready");
      if (this.#end) return undefined;
      const bytes = bytesOf(realm, data);
      if (bytes.byteLength > MAXIMUM_RECORD) throw makeError(realm, "Error", "too large");
      const cost = bytes.byteLength + OVERHEAD;
      if (cost > this.#unpromised) throw makeError(realm, "Error", "would block");
      this.#promised += cost;
      network?.onPlaintextWrite?.(bytes, this.#connection);
      this.#tls.write(Buffer.from(bytes), () => {
        this.#promised -= cost;
        this.#used = Math.max(0, Math.min(this.#used - cost, this.#promised));
        if (this.#isClosed) this.#release();
        else if (this.#isFull) this.#later(() => this.#announceWritable());
      });
      return this.#writable;
    }

    close(): void {
      if (this.#isClosed) return;
      this.#isClosed = true;
      this.#release();
    }

    get #unpromised(): number {
      return this.#free - Math.max(0, this.#promised - this.#used);
    }

    get #writable(): number {
      return Math.max(0, this.#unpromised - OVERHEAD);
    }

    #validate(): void {
      if (this.#isClosed) throw closedError(realm);
    }

    /** What was written before `close` still goes out; on the board it had been encrypted at once. */
    #release(): void {
      if (this.#promised > 0 && !this.#end) return;
      this.#tcp.close();
      this.#tls.destroy();
      this.#ciphertext.destroy();
    }

    /** In a turn of its own, on the device's clock, as every callback of a socket. */
    #later(callback: () => void): void {
      clock.schedule(() => {
        if (!this.#isClosed) callback();
      }, 0);
    }

    #connected(): void {
      const error = dateError(this.#tls.getPeerCertificate(true), date());
      if (error) this.#finish(makeError(realm, "Error", error));
      else {
        this.#isReady = true;
        this.#announceWritable();
      }
    }

    #announceWritable(): void {
      const writable = this.#writable;
      this.#isFull = writable === 0;
      if (writable > 0) this.#options.onWritable?.call(undefined, writable);
    }

    #ciphertextArrived(byteLength: number): void {
      this.#arrived = byteLength;
      this.#decrypt();
    }

    /** Nothing is decrypted before what was is read: so TCP's window closes when the firmware does not read. */
    #decrypt(): void {
      if (this.#arrived === 0 || this.#plaintext.byteLength > 0) return;
      const bytes = this.#tcp.read(this.#arrived) as ArrayBuffer;
      this.#arrived = 0;
      this.#ciphertext.push(Buffer.from(bytes));
    }

    /** Whoever decrypts may still have bytes, or a reason why the peer left: it is told of the end in its turn. */
    #tcpEnded(): void {
      if (this.#wasConnected) this.#ciphertext.push(null);
      else this.#finish(undefined);
    }

    #ciphertextSent(byteLength: number): void {
      this.#wasConnected = true;
      this.#free = byteLength;
      const blocked = this.#blocked;
      this.#blocked = undefined;
      blocked?.();
      if (this.#isReady) this.#announceWritable();
    }

    #send(chunk: Buffer, callback: (error?: Error) => void): void {
      if (chunk.byteLength > this.#free) {
        this.#blocked = () => this.#send(chunk, callback);
        return;
      }
      try {
        this.#free = this.#tcp.write(chunk) ?? 0;
        if (this.#promised > 0) this.#used += chunk.byteLength;
        callback();
      } catch (error) {
        // The connection is lost, and TCP says so next.
        callback(error as Error);
      }
    }

    #take(target: Uint8Array): Uint8Array {
      target.set(this.#plaintext.subarray(0, target.byteLength));
      this.#plaintext = this.#plaintext.subarray(target.byteLength);
      if (this.#plaintext.byteLength === 0) {
        this.#later(() => this.#decrypt());
        if (this.#end) this.#announce();
      }
      return target;
    }

    #finish(error: Error | undefined): void {
      if (this.#end) return;
      this.#end = { error };
      this.#announce();
    }

    /** Tells of plaintext; of the end when there is none left. */
    #announce(): void {
      if (this.#announced) return;
      this.#announced = true;
      this.#later(() => {
        this.#announced = false;
        const { byteLength } = this.#plaintext;
        if (byteLength > 0) this.#options.onReadable?.call(undefined, byteLength);
        else if (this.#end) this.#options.onError?.call(undefined, this.#end.error);
      });
    }
  };

  function formatOf(format: unknown): TCPFormat {
    if (format !== "number" && format !== "buffer") throw makeError(realm, "RangeError");
    return format;
  }
}

/** node:tls has judged the chain by the desktop's date; here by the device's, which a firmware may have set. */
function dateError(peer: DetailedPeerCertificate, now: number): string | undefined {
  let certificate: DetailedPeerCertificate | undefined = peer;
  const seen = new Set<string>();
  while (certificate && !seen.has(certificate.fingerprint256)) {
    seen.add(certificate.fingerprint256);
    const { valid_from: from, valid_to: to } = certificate;
    if (now < Date.parse(from) || now > Date.parse(to))
      return `certificate is valid from ${from} to ${to}, and the device's date is ${new Date(now).toISOString()}`;
    certificate = certificate.issuerCertificate;
  }
  return undefined;
}
