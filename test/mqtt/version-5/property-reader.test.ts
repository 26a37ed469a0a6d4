import { expect, it } from "vitest";
import { PUBLISH } from "../../../device/mqtt/control-packet";
import { encodeBinary, encodeString } from "../../../device/mqtt/utf8-string";
import {
  CONTENT_TYPE,
  CORRELATION_DATA,
  MESSAGE_EXPIRY_INTERVAL,
  PAYLOAD_FORMAT_INDICATOR,
  RECEIVE_MAXIMUM,
  SUBSCRIPTION_IDENTIFIER,
  TOPIC_ALIAS,
  USER_PROPERTY,
} from "../../../device/mqtt/version-5/property";
import { ReceivedProperties } from "../../../device/mqtt/version-5/property-reader";

const bytes = Uint8Array.of(
  ...[0xff, 0xff], // what stands before
  ...[0x26, 0x00, 0x01, 0x61, 0x00, 0x02, 0xc3, 0xbc], // User Property "a": "ü"
  ...[0x0b, 0x07], // Subscription Identifier 7
  ...[0x09, 0x00, 0x02, 0x26, 0x00], // Correlation Data
  ...[0x02, 0x00, 0x00, 0x00, 0x00], // Message Expiry Interval 0
  ...[0x26, 0x00, 0x00, 0x00, 0x00], // User Property "": ""
  ...[0x0b, 0x80, 0x01], // Subscription Identifier 128
  ...[0x03, 0x00, 0x01, 0x78], // Content Type "x"
  ...[0x26, 0x00, 0x01, 0x61, 0x00, 0x01, 0x62], // User Property "a": "b"
  ...[0x0b, 0x01], // what stands after
);

function loaded(): ReceivedProperties {
  const properties = new ReceivedProperties(bytes);
  expect(properties.load(2, bytes.length - 2, PUBLISH)).toBe(0);
  return properties;
}

it("values are decoded when asked for, wherever the property stands", () => {
  const properties = loaded();
  expect(properties.byteLength).toBe(bytes.length - 4);
  expect(properties.get(CONTENT_TYPE)).toBe("x");
  expect(properties.get(MESSAGE_EXPIRY_INTERVAL)).toBe(0);
  expect(properties.get(SUBSCRIPTION_IDENTIFIER)).toBe(7);
  expect(properties.get(CORRELATION_DATA)).toEqual(Uint8Array.of(0x26, 0x00));
});

it("what a packet does not have is undefined, and is told from a value of 0", () => {
  const properties = loaded();
  for (const identifier of [PAYLOAD_FORMAT_INDICATOR, TOPIC_ALIAS, RECEIVE_MAXIMUM] as const) {
    expect(properties.has(identifier)).toBe(false);
    expect(properties.get(identifier)).toBeUndefined();
    expect(properties.find(identifier)).toBe(0);
  }
  expect(properties.has(MESSAGE_EXPIRY_INTERVAL)).toBe(true);
});

it("[MQTT-3.3.2-18] User Properties come in their order, names repeating", () => {
  const properties = loaded();
  const found: [string, string][] = [];
  for (let at = properties.find(USER_PROPERTY); at > 0; at = properties.find(USER_PROPERTY, at))
    found.push([properties.nameAt(at), properties.textAt(at)]);
  expect(found).toEqual([
    ["a", "ü"],
    ["", ""],
    ["a", "b"],
  ]);
});

it("all Subscription Identifiers are found", () => {
  const properties = loaded();
  const first = properties.find(SUBSCRIPTION_IDENTIFIER);
  const second = properties.find(SUBSCRIPTION_IDENTIFIER, first);
  expect([properties.numberAt(first), properties.numberAt(second)]).toEqual([7, 128]);
  expect(properties.find(SUBSCRIPTION_IDENTIFIER, second)).toBe(0);
});

it("a requester knows its Correlation Data without decoding it", () => {
  const properties = loaded();
  const at = properties.find(CORRELATION_DATA);
  expect(properties.equalsAt(at, encodeBinary(Uint8Array.of(0x26, 0x00)))).toBe(true);
  for (const other of [[0x26], [0x26, 0x01], [0x27, 0x00], [0x26, 0x00, 0x00]])
    expect(properties.equalsAt(at, encodeBinary(Uint8Array.from(other)))).toBe(false);
  const user = properties.find(USER_PROPERTY);
  expect(properties.equalsAt(user, encodeString("ü"))).toBe(true);
  expect(properties.equalsAt(user, encodeString("a"))).toBe(false);
});

it("Correlation Data that is 256 bytes longer is not the same", () => {
  const data = new Array(258).fill(0x63);
  const memory = Uint8Array.of(0, CORRELATION_DATA, 0x01, 0x02, ...data);
  const properties = new ReceivedProperties(memory);
  expect(properties.load(1, memory.length, PUBLISH)).toBe(0);
  expect(properties.equalsAt(1, encodeBinary(Uint8Array.from(data)))).toBe(true);
  expect(properties.equalsAt(1, encodeBinary("cc"))).toBe(false);
});

it("[MQTT-1.5.4-3] a byte order mark is a character", () => {
  const properties = new ReceivedProperties(Uint8Array.of(0, 0x03, 0x00, 0x04, 0xef, 0xbb, 0xbf, 0x61));
  expect(properties.load(1, 8, PUBLISH)).toBe(0);
  expect(properties.get(CONTENT_TYPE)).toBe("\ufeffa");
});

it("binary data is a copy: the next packet does not change it", () => {
  const memory = bytes.slice();
  const properties = new ReceivedProperties(memory);
  properties.load(2, bytes.length - 2, PUBLISH);
  const data = properties.get(CORRELATION_DATA);
  memory.fill(0);
  expect(data).toEqual(Uint8Array.of(0x26, 0x00));
});

it("after clear, and after a load that failed, there are none", () => {
  const properties = loaded();
  properties.clear();
  expect([properties.byteLength, properties.has(USER_PROPERTY), properties.has(CONTENT_TYPE)]).toEqual([
    0,
    false,
    false,
  ]);
  const refused = loaded();
  expect(refused.load(2, bytes.length - 1, PUBLISH)).toBe(100);
  expect(refused.detail).toBe("with property 11 cut short or overlong");
  expect([refused.byteLength, refused.has(USER_PROPERTY)]).toEqual([0, false]);
});
