import { decodeString, encodeString, isValidUTF8 } from "../../../mqtt/utf8-string";
import { invalid } from "../../connection/connect-options";
import { base64, sha1 } from "./digest";

/** The subprotocol of MQTT ([MQTT-6.0.0-3], [MQTT-6.0.0-4]). */
const SUBPROTOCOL = "mqtt";
/** RFC 6455 section 1.3. */
const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
/** A server that answers with more than this is none that this client wants, bytes. */
const MAXIMUM_RESPONSE = 8_192;

/** Text as UTF-8. */
function encode(text: string): Uint8Array {
  return encodeString(text).subarray(2);
}

/** A new Sec-WebSocket-Key: 16 random bytes in Base64. */
export function makeKey(random: () => number): string {
  return base64(Uint8Array.from({ length: 16 }, () => random() * 256));
}

/** What a WebSocket server must answer to a key (RFC 6455 section 4.2.2). */
export function acceptOf(key: string): string {
  return base64(sha1(encode(key + GUID)));
}

/**
 * The HTTP request that opens a WebSocket (RFC 6455 section 4.1).
 * @param path - begins with "/"; with a query, if there is one
 * @param headers - further ones, such as Authorization
 * @throws {MQTTError} INVALID_OPTION where a line could be broken in two
 */
export function upgradeRequest(
  host: string,
  port: number,
  path: string,
  key: string,
  headers: ReadonlyMap<string, string> | undefined,
): Uint8Array {
  if (typeof path !== "string" || path.charAt(0) !== "/" || !isPrintable(path, 0x21))
    invalid(`path ${path} is not one that begins with / and has no spaces`);
  if (!isPrintable(host, 0x21)) invalid(`host ${host} has a character that no name has`);
  let text = `GET ${path} HTTP/1.1\r\nHost: ${host.includes(":") ? `[${host}]` : host}:${port}\r\n`;
  text += "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n";
  text += `Sec-WebSocket-Key: ${key}\r\nSec-WebSocket-Protocol: ${SUBPROTOCOL}\r\n`;
  headers?.forEach((value, name) => {
    if (!isPrintable(name, 0x21) || !isPrintable(value, 0x20))
      invalid(`header ${name} has a control character`);
    text += `${name}: ${value}\r\n`;
  });
  return encode(`${text}\r\n`);
}

/** Whether all bytes are ASCII from `first` to 0x7E. */
function isPrintable(text: string, first: number): boolean {
  const bytes = encode(text);
  return bytes.length > 0 && bytes.every((byte) => byte >= first && byte < 0x7f);
}

/** Reads the server's answer, byte by byte, to its empty line and not further. */
export class UpgradeResponse {
  /** Why the answer is not the one that was wanted; valid when `feed` has returned true. */
  error: string | undefined;
  /** HTTP status; 0 before the first line was read. */
  status: number;
  readonly #accept: string;
  /** One line; of a longer one its beginning. */
  readonly #line: Uint8Array;
  #lineByteLength = 0;
  #byteLength = 0;
  #upgrades = false;
  #isConnectionUpgrade = false;
  #isAccepted = false;
  #subprotocol = "";

  /**
   * @param line - scratch memory, at least 80 bytes
   */
  constructor(key: string, line: Uint8Array) {
    this.error = undefined;
    this.status = 0;
    this.#accept = acceptOf(key);
    this.#line = line;
  }

  /** @returns true when the answer is complete, or wrong: look at `error` */
  feed(byte: number): boolean {
    this.#byteLength += 1;
    if (this.#byteLength > MAXIMUM_RESPONSE) {
      this.error = `an HTTP answer of over ${MAXIMUM_RESPONSE} bytes`;
      return true;
    }
    if (byte === 0x0a) return this.#endLine();
    if (this.#lineByteLength < this.#line.length) this.#line[this.#lineByteLength++] = byte;
    return false;
  }

  #endLine(): boolean {
    const line = this.#line;
    let end = this.#lineByteLength;
    this.#lineByteLength = 0;
    if (line[end - 1] === 0x0d) end -= 1;
    if (end === 0 && this.status !== 0) {
      this.error ??= this.#verdict();
      return true;
    }
    const text = isValidUTF8(line, 0, end) ? decodeString(line, 0, end) : "";
    if (this.status === 0) this.#statusLine(text);
    else this.#header(text);
    return this.error !== undefined;
  }

  #statusLine(line: string): void {
    const parts = line.split(" ");
    const status = Number(parts[1]);
    if (!line.startsWith("HTTP/1.") || !(status >= 100 && status < 600))
      this.error = "an answer that is not HTTP";
    else {
      this.status = status;
      if (status !== 101) this.error = `HTTP status ${parts.slice(1).join(" ")} instead of 101`;
    }
  }

  #header(line: string): void {
    const colon = line.indexOf(":");
    const value = line.slice(colon + 1).trim();
    switch (line.slice(0, colon).toLowerCase()) {
      case "upgrade":
        this.#upgrades = value.toLowerCase() === "websocket";
        break;
      case "connection":
        this.#isConnectionUpgrade ||= value
          .toLowerCase()
          .split(",")
          .some((token) => token.trim() === "upgrade");
        break;
      case "sec-websocket-accept":
        this.#isAccepted = value === this.#accept;
        break;
      case "sec-websocket-protocol":
        this.#subprotocol = value;
        break;
      case "sec-websocket-extensions":
        if (value !== "") this.error = `the extension ${value}, which was not asked for`;
    }
  }

  #verdict(): string | undefined {
    if (!this.#upgrades) return "no header Upgrade: websocket";
    if (!this.#isConnectionUpgrade) return "no header Connection: Upgrade";
    if (!this.#isAccepted) return "a Sec-WebSocket-Accept that does not fit the key";
    if (this.#subprotocol !== SUBPROTOCOL)
      return `the subprotocol "${this.#subprotocol}" instead of "${SUBPROTOCOL}" [MQTT-6.0.0-4]`;
    return undefined;
  }
}
