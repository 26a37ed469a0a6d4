import { describe, expect, it } from "vitest";
import { PUBACK, PUBCOMP, PUBREC, PUBREL } from "../../device/mqtt/control-packet";
import {
  INVALID_LENGTH,
  INVALID_OPTION,
  INVALID_PACKET_IDENTIFIER,
  INVALID_QOS,
  USAGE,
} from "../../device/mqtt/mqtt-error";
import {
  type ConnectPacket,
  connectByteLength,
  publishByteLength,
  subscribeByteLength,
  unsubscribeByteLength,
  writeAcknowledgement,
  writeConnect,
  writeDisconnect,
  writePingRequest,
  writePublishHeader,
  writeSubscribe,
  writeUnsubscribe,
} from "../../device/mqtt/packet-writer";
import { encodeTopicName } from "../../device/mqtt/topic";
import { encodeBinary, encodeString } from "../../device/mqtt/utf8-string";

const topic = encodeTopicName("t");
const buffer = new Uint8Array(64);

function refusal(code: number, message?: string): unknown {
  return expect.objectContaining(
    message === undefined ? { code, family: USAGE } : { code, family: USAGE, message },
  );
}

describe("CONNECT", () => {
  const smallest: ConnectPacket = { id: encodeString("a"), clean: true, keepAlive: 0 };

  it.each([
    [
      "[MQTT-3.1.3-7] an empty id without clean",
      { id: encodeString(""), clean: false },
      "an empty id needs clean",
    ],
    ["[MQTT-3.1.2-22] a password without user", { password: encodeBinary("p") }, "password without user"],
    ["[MQTT-3.1.2-9] a Will Topic without message", { willTopic: topic }, "will needs topic and message"],
    [
      "[MQTT-3.1.2-11] a Will Message without topic",
      { willMessage: encodeBinary("m") },
      "will needs topic and message",
    ],
    ["a negative Keep Alive", { keepAlive: -1 }, "keepAlive -1 is not 0 to 65535"],
    ["a Keep Alive of more than 65,535 s", { keepAlive: 65_536 }, "keepAlive 65536 is not 0 to 65535"],
    ["a Keep Alive of half a second", { keepAlive: 0.5 }, "keepAlive 0.5 is not 0 to 65535"],
    ["a Keep Alive that is no number", { keepAlive: Number.NaN }, "keepAlive NaN is not 0 to 65535"],
  ])("%s is refused", (_, fields, message) => {
    const packet = { ...smallest, ...fields };
    expect(() => connectByteLength(packet)).toThrow(refusal(INVALID_OPTION, message));
    expect(() => writeConnect(buffer, 0, packet)).toThrow(refusal(INVALID_OPTION, message));
  });

  it.each([3, -1, 0.5])("[MQTT-3.1.2-14] a will with QoS %d is refused", (willQoS) => {
    const packet = { ...smallest, willTopic: topic, willMessage: encodeBinary(""), willQoS };
    expect(() => writeConnect(buffer, 0, packet)).toThrow(refusal(INVALID_QOS));
  });

  it("[MQTT-3.1.2-13] [MQTT-3.1.2-15] without a will the bits of Will QoS and Will Retain are 0, whatever they say", () => {
    const end = writeConnect(buffer, 0, { ...smallest, willQoS: 2, willRetain: true });
    expect([end, buffer[9]]).toEqual([15, 0x02]);
  });

  it("a will is at QoS 0 and not retained unless it says so", () => {
    writeConnect(buffer, 0, { ...smallest, willTopic: topic, willMessage: encodeBinary("") });
    expect(buffer[9]).toBe(0x06);
  });
});

describe("PUBLISH", () => {
  /** At each boundary of the Remaining Length, and the fixed header it makes (MQTT 3.1.1 table 2.4). */
  it.each([
    [127, [0x30, 0x7f]],
    [128, [0x30, 0x80, 0x01]],
    [16_383, [0x30, 0xff, 0x7f]],
    [16_384, [0x30, 0x80, 0x80, 0x01]],
    [2_097_151, [0x30, 0xff, 0xff, 0x7f]],
    [2_097_152, [0x30, 0x80, 0x80, 0x80, 0x01]],
    [268_435_455, [0x30, 0xff, 0xff, 0xff, 0x7f]],
  ])(
    "of Remaining Length %d has the right fixed header, and its payload need not fit the buffer",
    (length, header) => {
      const end = writePublishHeader(buffer, 0, topic, length - 3, 0, false, false, 0);
      expect([...buffer.subarray(0, end)]).toEqual([...header, ...topic]);
      expect(publishByteLength(topic.length, length - 3, 0)).toBe(header.length + length);
    },
  );

  it("of a Remaining Length over 268,435,455 is refused", () => {
    expect(() => publishByteLength(topic.length, 268_435_453, 0)).toThrow(refusal(INVALID_LENGTH));
    expect(() => publishByteLength(topic.length, 268_435_451, 1)).toThrow(refusal(INVALID_LENGTH));
    expect(publishByteLength(topic.length, 268_435_450, 1)).toBe(268_435_460);
    expect(() => writePublishHeader(buffer, 0, topic, 268_435_453, 0, false, false, 0)).toThrow(
      refusal(INVALID_LENGTH),
    );
  });

  it("[MQTT-3.3.1-2] [MQTT-2.3.1-5] at QoS 0 has neither DUP nor Packet Identifier", () => {
    const end = writePublishHeader(buffer, 0, topic, 0, 0, true, true, 7);
    expect([...buffer.subarray(0, end)]).toEqual([0x31, 0x03, ...topic]);
  });

  it.each([3, -1, 1.5, Number.NaN])("[MQTT-3.3.1-4] at QoS %d is refused", (QoS) => {
    expect(() => writePublishHeader(buffer, 0, topic, 0, QoS, false, false, 1)).toThrow(
      refusal(INVALID_QOS, `QoS ${QoS} is not 0 to 2`),
    );
  });

  it("a header that does not fit the buffer is refused, and nothing is written", () => {
    const short = new Uint8Array(8);
    expect(writePublishHeader(short, 1, topic, 100, 1, false, false, 1)).toBe(8);
    short.fill(0);
    expect(() => writePublishHeader(short, 2, topic, 100, 1, false, false, 1)).toThrow(
      refusal(INVALID_LENGTH, "packet ends at byte 9, buffer at 8"),
    );
    expect([...short]).toEqual(new Array(8).fill(0));
  });
});

describe("a Packet Identifier", () => {
  const filter = encodeString("f");

  it.each([0, 65_536, -1, 1.5, Number.NaN])(
    "[MQTT-2.3.1-1] of %d is refused wherever one is written",
    (identifier) => {
      const invalid = refusal(INVALID_PACKET_IDENTIFIER, `Packet Identifier ${identifier} is not 1 to 65535`);
      expect(() => writePublishHeader(buffer, 0, topic, 0, 1, false, false, identifier)).toThrow(invalid);
      expect(() => writeAcknowledgement(buffer, 0, PUBACK, identifier)).toThrow(invalid);
      expect(() => writeSubscribe(buffer, 0, identifier, [{ topic: filter, QoS: 0 }])).toThrow(invalid);
      expect(() => writeUnsubscribe(buffer, 0, identifier, [filter])).toThrow(invalid);
    },
  );

  it("[MQTT-2.3.1-6] is repeated by the acknowledgements", () => {
    for (const type of [PUBACK, PUBREC, PUBREL, PUBCOMP]) {
      expect(writeAcknowledgement(buffer, 0, type, 0x1234)).toBe(4);
      expect([...buffer.subarray(1, 4)]).toEqual([2, 0x12, 0x34]);
    }
  });
});

describe("SUBSCRIBE and UNSUBSCRIBE", () => {
  it("[MQTT-3.8.3-3] a SUBSCRIBE without Topic Filter is refused", () => {
    expect(() => subscribeByteLength([])).toThrow(
      refusal(INVALID_OPTION, "SUBSCRIBE without a Topic Filter"),
    );
    expect(() => writeSubscribe(buffer, 0, 1, [])).toThrow(refusal(INVALID_OPTION));
  });

  it("[MQTT-3.10.3-2] an UNSUBSCRIBE without Topic Filter is refused", () => {
    expect(() => unsubscribeByteLength([])).toThrow(
      refusal(INVALID_OPTION, "UNSUBSCRIBE without a Topic Filter"),
    );
    expect(() => writeUnsubscribe(buffer, 0, 1, [])).toThrow(refusal(INVALID_OPTION));
  });

  it("[MQTT-3.8.3-4] a SUBSCRIBE with a QoS other than 0 to 2 is refused", () => {
    for (const QoS of [3, -1, 128])
      expect(() => writeSubscribe(buffer, 0, 1, [{ topic, QoS }])).toThrow(refusal(INVALID_QOS));
  });

  it("[MQTT-3.8.1-1] [MQTT-3.10.1-1] have the flags 0010", () => {
    writeSubscribe(buffer, 0, 1, [{ topic, QoS: 0 }]);
    expect(buffer[0]).toBe(0x82);
    writeUnsubscribe(buffer, 0, 1, [topic]);
    expect(buffer[0]).toBe(0xa2);
  });
});

it.each<[string, number, (buffer: Uint8Array) => number]>([
  ["a PINGREQ", 2, (room) => writePingRequest(room, 0)],
  ["a DISCONNECT", 2, (room) => writeDisconnect(room, 0)],
  ["a PUBACK", 4, (room) => writeAcknowledgement(room, 0, PUBACK, 1)],
  ["a SUBSCRIBE", 8, (room) => writeSubscribe(room, 0, 1, [{ topic, QoS: 0 }])],
  ["an UNSUBSCRIBE", 7, (room) => writeUnsubscribe(room, 0, 1, [topic])],
  ["a CONNECT", 15, (room) => writeConnect(room, 0, { id: topic, clean: true, keepAlive: 0 })],
])("%s takes %d bytes and is refused by a buffer of one less", (_, byteLength, write) => {
  expect(write(new Uint8Array(byteLength))).toBe(byteLength);
  const short = new Uint8Array(byteLength - 1);
  const text = `packet ends at byte ${byteLength}, buffer at ${byteLength - 1}`;
  expect(() => write(short)).toThrow(refusal(INVALID_LENGTH, text));
  expect([...short]).toEqual(new Array(byteLength - 1).fill(0));
});
