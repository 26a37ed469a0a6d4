import { Transform, type TransformCallback } from "node:stream";
import { generate, type IConnectPacket, parser } from "mqtt-packet";

export interface ConnectGuardOptions {
  /** Client Identifiers that this phone may use begin so. */
  readonly idPrefix: string;
  /** What the broker is to be told in place of the phone, which knows neither. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** The first packet is none that a phone may begin with: nothing has been passed on, nor will be. */
  onRefused(reason: string): void;
}

/** More than any CONNECT of the app has, bytes. */
const LONGEST_CONNECT = 1_024;
/** s */
const LONGEST_KEEP_ALIVE = 300;
const CONNECT_TYPE = 1;
/** Of the fixed header, MQTT 3.1.1 section 2.2.3. */
const LONGEST_REMAINING_LENGTH = 4;

/**
 * Passes the bytes of a phone on, except its first packet, which is read: it must be a CONNECT in the phone's own name, or the phone could
 * take over the session of a device by its Client Identifier. Adds the user of the broker's URL, which no phone knows.
 */
export class ConnectGuard extends Transform {
  readonly #options: ConnectGuardOptions;
  #state: "reading" | "passing" | "refused" = "reading";
  #held: Buffer = Buffer.alloc(0);

  constructor(options: ConnectGuardOptions) {
    super();
    this.#options = options;
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    if (this.#state === "passing") this.push(chunk);
    else if (this.#state === "reading") this.#read(chunk);
    callback();
  }

  #read(chunk: Buffer): void {
    this.#held = Buffer.concat([this.#held, chunk]);
    const byteLength = packetByteLength(this.#held);
    const outside = outsideObjection(this.#held, byteLength);
    if (outside !== undefined) this.#refuse(outside);
    else if (byteLength !== undefined && this.#held.length >= byteLength) this.#decide(byteLength);
  }

  #decide(byteLength: number): void {
    const bytes = this.#held.subarray(0, byteLength);
    const rest = this.#held.subarray(byteLength);
    const packet = parseConnect(bytes);
    if (!packet) {
      this.#refuse("the CONNECT is malformed");
      return;
    }
    const reason = this.#objection(packet);
    if (reason !== undefined) {
      this.#refuse(reason);
      return;
    }
    this.#state = "passing";
    this.#held = Buffer.alloc(0);
    this.push(this.#signed(packet, bytes));
    if (rest.length > 0) this.push(rest);
  }

  #objection({ clientId, keepalive = 0, will, username, password }: IConnectPacket): string | undefined {
    const { idPrefix } = this.#options;
    if (!clientId.startsWith(idPrefix) || !/^[\w-]+$/.test(clientId.slice(idPrefix.length)))
      return `the Client Identifier does not begin with ${idPrefix}`;
    if (keepalive < 1 || keepalive > LONGEST_KEEP_ALIVE)
      return `the Keep Alive of ${keepalive} s is not 1 to ${LONGEST_KEEP_ALIVE}`;
    if (will) return "a phone has no will";
    return username !== undefined || password !== undefined ? "a phone has no credentials" : undefined;
  }

  #signed(packet: IConnectPacket, bytes: Buffer): Buffer {
    const { user, password } = this.#options;
    if (user === undefined) return bytes;
    const signed: IConnectPacket = { ...packet, username: user };
    return generate(password === undefined ? signed : { ...signed, password: Buffer.from(password) });
  }

  #refuse(reason: string): void {
    this.#state = "refused";
    this.#held = Buffer.alloc(0);
    this.#options.onRefused(reason);
  }
}

/** What is wrong with a packet of which not more than its beginning need be there. */
function outsideObjection(bytes: Buffer, byteLength: number | undefined): string | undefined {
  if (bytes.length > 0 && bytes[0]! >> 4 !== CONNECT_TYPE) return "the first packet is no CONNECT";
  return (byteLength ?? 0) > LONGEST_CONNECT
    ? `the CONNECT is longer than ${LONGEST_CONNECT} bytes`
    : undefined;
}

/** Of the packet that the bytes begin with; `undefined` as long as that is not known. */
function packetByteLength(bytes: Buffer): number | undefined {
  let remaining = 0;
  for (let index = 0; index < LONGEST_REMAINING_LENGTH; index++) {
    const byte = bytes[1 + index];
    if (byte === undefined) return undefined;
    remaining += (byte & 0x7f) * 128 ** index;
    if (byte < 0x80) return 2 + index + remaining;
  }
  return Number.POSITIVE_INFINITY;
}

function parseConnect(bytes: Buffer): IConnectPacket | undefined {
  const reader = parser();
  let connect: IConnectPacket | undefined;
  reader.on("packet", (packet) => {
    if (packet.cmd === "connect") connect = packet;
  });
  reader.on("error", () => {
    connect = undefined;
  });
  reader.parse(bytes);
  return connect;
}
