import { KeepAlive } from "../../mqtt/keep-alive";
import { INVALID_OPTION, INVALID_QOS, mqttError } from "../../mqtt/mqtt-error";
import { type ConnectPacket, connectByteLength, writeConnect } from "../../mqtt/packet-writer";
import { encodeTopicName } from "../../mqtt/topic";
import { encodeBinary, encodeString } from "../../mqtt/utf8-string";
import type { ByteBuffer, MQTTClientOptions, Will } from "../mqtt-client-options";
import type { Callbacks } from "./connection";

const MAXIMUM_KEEP_ALIVE = 65_535_000;
const MAXIMUM_TIMEOUT = 0x7fff_ffff;
const CALLBACK_NAMES: readonly (keyof MQTTClientOptions)[] = Object.freeze([
  "onReadable",
  "onWritable",
  "onControl",
  "onClose",
  "onError",
  "onAcknowledge",
  "onAuthenticate",
]);

/** Throws INVALID_OPTION; `what` names the option, its value and its range. */
export function invalid(what: string): never {
  throw mqttError(INVALID_OPTION, what);
}

/**
 * A view of a Byte Buffer (ECMA-419 clause 5): bytes, not larger elements.
 * @throws {MQTTError} INVALID_OPTION when it is none
 */
export function bytesOf(data: ByteBuffer, name: string): Uint8Array {
  if (data instanceof Uint8Array) return data;
  if (ArrayBuffer.isView(data)) {
    const { BYTES_PER_ELEMENT: elementByteLength, buffer, byteOffset, byteLength } = data as Int8Array;
    // A DataView has no elements.
    if (elementByteLength === undefined || elementByteLength === 1)
      return new Uint8Array(buffer, byteOffset, byteLength);
  } else if (data && typeof data.byteLength === "number") return new Uint8Array(data as ArrayBuffer);
  return invalid(`${name} is not a Byte Buffer`);
}

/** Number within a range, or INVALID_OPTION. */
export function numberIn(value: unknown, minimum: number, maximum: number, name: string): number {
  if (typeof value !== "number" || !(value >= minimum && value <= maximum))
    invalid(`${name} ${value} is not ${minimum} to ${maximum}`);
  return value as number;
}

/** Integer within a range, or INVALID_OPTION. */
export function integerIn(value: unknown, minimum: number, maximum: number, name: string): number {
  const number = numberIn(value, minimum, maximum, name);
  return Number.isInteger(number) ? number : invalid(`${name} ${number} is not an integer`);
}

/** Checks what the CONNECT packet does not contain. */
export function checkOptions(options: MQTTClientOptions): void {
  if (!options || typeof options !== "object") invalid("options are missing");
  const { host, port = 1883, dns, socket, format = "buffer" } = options;
  if (typeof host !== "string" || host === "") invalid("host is missing");
  integerIn(port, 1, 65_535, "port");
  if (typeof dns?.io !== "function") invalid("dns has no class as io");
  if (typeof socket?.io !== "function") invalid("socket has no class as io");
  if (format !== "buffer") invalid(`format ${format} is not buffer`);
  for (let index = 0; index < CALLBACK_NAMES.length; index++) {
    const name = CALLBACK_NAMES[index]!;
    const callback: unknown = options[name] ?? undefined;
    if (callback !== undefined && typeof callback !== "function") invalid(`${name} is not a function`);
  }
}

/** Timeout for CONNACK in ms. */
export function timeoutOf(options: MQTTClientOptions): number {
  return numberIn(options.connackTimeout ?? 30_000, 1, MAXIMUM_TIMEOUT, "connackTimeout");
}

/** Keep Alive in ms. The SDK's examples write `keepalive`, and its client takes that too. */
export function keepAliveOf(options: MQTTClientOptions & { keepalive?: number }): number {
  return numberIn(options.keepAlive ?? options.keepalive ?? 0, 0, MAXIMUM_KEEP_ALIVE, "keepAlive");
}

/** Those callbacks that are given: each costs 16 bytes. */
export function callbacksOf(options: MQTTClientOptions): Callbacks {
  const callbacks: Record<string, unknown> = {};
  for (let index = 0; index < CALLBACK_NAMES.length; index++) {
    const name = CALLBACK_NAMES[index]!;
    if (options[name]) callbacks[name] = options[name];
  }
  return callbacks;
}

/** What watches the Keep Alive, when there is one. */
export function keepAliveFor(options: MQTTClientOptions): KeepAlive | undefined {
  const interval = keepAliveOf(options);
  return interval > 0 ? new KeepAlive(interval) : undefined;
}

/**
 * The CONNECT packet of the options, complete.
 * @throws {MQTTError} of family USAGE when an option, or their combination, is none
 */
export function connectPacketOf(options: MQTTClientOptions): Uint8Array {
  const { id = "", clean = true } = options;
  const packet: ConnectPacket = {
    id: encodeString(text(id, "id")),
    clean: Boolean(clean),
    keepAlive: Math.ceil(keepAliveOf(options) / 1000),
  };
  addCredentials(packet, options);
  if (options.will !== undefined && options.will !== null) addWill(packet, options.will);
  const bytes = new Uint8Array(connectByteLength(packet));
  writeConnect(bytes, 0, packet);
  return bytes;
}

/** Empty strings are the standard's defaults and mean none; but some brokers take a token with an empty user name. */
function addCredentials(packet: ConnectPacket, options: MQTTClientOptions): void {
  const { user, password } = options;
  if (password !== undefined && password !== null && password !== "")
    packet.password = binary(password, "password");
  if (user !== undefined && user !== null && (user !== "" || packet.password))
    packet.user = encodeString(text(user, "user"));
}

export function addWill(packet: ConnectPacket, will: Will): void {
  const { topic, message, QoS = 0, retain = false } = will;
  if (topic === undefined || topic === null) invalid("will has no topic");
  if (message === undefined || message === null) invalid("will has no message");
  if (QoS !== 0 && QoS !== 1 && QoS !== 2)
    throw mqttError(INVALID_QOS, `QoS ${QoS} of the will is not 0, 1 or 2`);
  packet.willTopic = encodeTopicName(text(topic, "topic of the will"));
  packet.willMessage = binary(message as string | ByteBuffer, "message of the will");
  packet.willQoS = QoS;
  packet.willRetain = Boolean(retain);
}

export function binary(data: string | ByteBuffer, name: string): Uint8Array {
  return encodeBinary(typeof data === "string" ? data : bytesOf(data, name));
}

export function text(value: unknown, name: string): string {
  return typeof value === "string" ? value : invalid(`${name} ${value} is not a string`);
}
