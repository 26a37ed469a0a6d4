import { describe, expect, it } from "vitest";
import {
  AUTH,
  DISCONNECT,
  PUBACK,
  PUBCOMP,
  PUBREC,
  PUBREL,
  SUBSCRIBE,
} from "../../../device/mqtt/control-packet";
import {
  INVALID_LENGTH,
  INVALID_OPTION,
  INVALID_PACKET_IDENTIFIER,
  INVALID_QOS,
  INVALID_TOPIC,
} from "../../../device/mqtt/mqtt-error";
import { encodeTopicName } from "../../../device/mqtt/topic";
import { encodeBinary, encodeString } from "../../../device/mqtt/utf8-string";
import {
  acknowledgementByteLength,
  type ConnectPacket,
  connectByteLength,
  DO_NOT_SEND_RETAINED,
  publishByteLength,
  reasonByteLength,
  SEND_RETAINED,
  SEND_RETAINED_IF_NEW,
  subscribeByteLength,
  unsubscribeByteLength,
  writeAcknowledgement,
  writeAuth,
  writeConnect,
  writeDisconnect,
  writePublishHeader,
  writeSubscribe,
  writeUnsubscribe,
} from "../../../device/mqtt/version-5/packet-writer";
import { encodeProperties } from "../../../device/mqtt/version-5/property-writer";
import {
  CONTINUE_AUTHENTICATION,
  QUOTA_EXCEEDED,
  SERVER_BUSY,
  SUCCESS,
} from "../../../device/mqtt/version-5/reason-code";
import { encodeTopicFilter } from "../../../device/mqtt/version-5/topic";

const buffer = new Uint8Array(256);
const topic = encodeTopicName("a/b");
const id = encodeString("i");

function refusal(code: number, message?: string): unknown {
  return expect.objectContaining(message === undefined ? { code } : { code, message });
}

function written(end: number): number[] {
  return [...buffer.subarray(0, end)];
}

describe("CONNECT", () => {
  const packet: ConnectPacket = { id, clean: true, keepAlive: 0 };

  it("[MQTT-3.1.2-9] a will without message, and a message without topic, is refused", () => {
    for (const half of [{ willTopic: topic }, { willMessage: topic }])
      expect(() => connectByteLength({ ...packet, ...half })).toThrow(
        refusal(INVALID_OPTION, "will needs topic and message"),
      );
  });

  it("[MQTT-3.1.2-11] [MQTT-3.1.2-13] without will there are no will flags and no Will Properties", () => {
    const willProperties = encodeProperties(0, { willDelayInterval: 1 });
    const end = writeConnect(buffer, 0, { ...packet, willQoS: 2, willRetain: true, willProperties });
    expect(buffer[9]).toBe(0x02);
    expect(end).toBe(connectByteLength(packet));
  });

  it("[MQTT-3.1.2-12] a will QoS of 3 is refused", () => {
    const will = { willTopic: topic, willMessage: encodeBinary("x"), willQoS: 3 };
    expect(() => connectByteLength({ ...packet, ...will })).toThrow(refusal(INVALID_QOS));
  });

  it("a will is at QoS 0 and not retained when nothing else is said", () => {
    const will = { willTopic: topic, willMessage: encodeBinary("x") };
    const end = writeConnect(buffer, 0, { ...packet, ...will });
    expect(buffer[9]).toBe(0x06);
    expect(end).toBe(connectByteLength(packet) + 1 + topic.length + 3);
  });

  it.each([-1, 65_536, 0.5])("a Keep Alive of %d seconds is refused", (keepAlive) => {
    expect(() => connectByteLength({ ...packet, keepAlive })).toThrow(
      refusal(INVALID_OPTION, `keepAlive ${keepAlive} is not 0 to 65535`),
    );
  });
});

describe("PUBLISH", () => {
  it("with neither topic nor alias is refused", () => {
    expect(() => writePublishHeader(buffer, 0, undefined, 0, 0, false, false, 0)).toThrow(
      refusal(INVALID_TOPIC, "PUBLISH with neither topic nor alias"),
    );
  });

  it.each([-1, 65_536, 0.5])("[MQTT-3.3.2-8] a Topic Alias of %d is refused", (alias) => {
    expect(() => writePublishHeader(buffer, 0, topic, 0, 0, false, false, 0, alias)).toThrow(
      refusal(INVALID_OPTION, `Topic Alias ${alias} is not 0 to 65535`),
    );
  });

  it("a topic told once costs three bytes afterwards, and none of the topic", () => {
    const reading = encodeTopicName("home/temp");
    const first = writePublishHeader(buffer, 0, reading, 4, 0, false, false, 0, 1);
    expect(written(first)).toEqual([0x30, 0x13, ...reading, 0x03, 0x23, 0x00, 0x01]);
    const next = writePublishHeader(buffer, 0, undefined, 4, 0, false, false, 0, 1);
    expect(written(next)).toEqual([0x30, 0x0a, 0x00, 0x00, 0x03, 0x23, 0x00, 0x01]);
    expect(publishByteLength(2, 4, 0, 1)).toBe(next + 4);
  });

  it("[MQTT-3.3.1-2] [MQTT-2.2.1-2] at QoS 0 has neither DUP nor Packet Identifier", () => {
    const end = writePublishHeader(buffer, 0, topic, 0, 0, true, true, 7);
    expect(written(end)).toEqual([0x31, 0x06, ...topic, 0x00]);
  });

  it("[MQTT-3.3.1-4] at QoS 3 is refused", () => {
    expect(() => writePublishHeader(buffer, 0, topic, 0, 3, false, false, 1)).toThrow(refusal(INVALID_QOS));
  });

  it("of a Remaining Length over 268,435,455 is refused", () => {
    expect(publishByteLength(topic.length, 268_435_449, 0)).toBe(268_435_460);
    expect(() => publishByteLength(topic.length, 268_435_450, 0)).toThrow(refusal(INVALID_LENGTH));
  });

  it("a header that does not fit the buffer is refused, and nothing is written", () => {
    const properties = encodeProperties(3, { contentType: "x" });
    const short = new Uint8Array(15);
    expect(writePublishHeader(short, 0, topic, 100, 1, false, false, 1, 0, properties)).toBe(14);
    short.fill(0);
    expect(() => writePublishHeader(short, 2, topic, 100, 1, false, false, 1, 0, properties)).toThrow(
      refusal(INVALID_LENGTH, "packet ends at byte 16, buffer at 15"),
    );
    expect([...short]).toEqual(new Array(15).fill(0));
  });
});

describe("acknowledgements", () => {
  const reason = encodeProperties(PUBACK, { reasonString: "why", userProperties: [["n", "v"]] });

  it.each([
    ["MQTT-3.4.2-2", PUBACK, 0x40],
    ["MQTT-3.5.2-2", PUBREC, 0x50],
    ["MQTT-3.6.2-2", PUBREL, 0x62],
    ["MQTT-3.7.2-2", PUBCOMP, 0x70],
  ])("[%s] of type %d leave out the Reason String when the packet would be too large", (_, type, first) => {
    for (const [maximum, propertyByteLength] of [
      [19, 13],
      [18, 6],
      [12, 6],
      [11, 0],
      [1, 0],
    ] as const) {
      const end = writeAcknowledgement(buffer, 0, type, 7, SUCCESS, reason, maximum);
      const sent = reason.subarray(0, propertyByteLength);
      expect(written(end)).toEqual(
        propertyByteLength > 0
          ? [first, 4 + propertyByteLength, 0x00, 0x07, 0x00, propertyByteLength, ...sent]
          : [first, 0x02, 0x00, 0x07],
      );
      expect(acknowledgementByteLength(SUCCESS, reason, maximum)).toBe(end);
    }
  });

  it.each([
    ["MQTT-3.4.2-3", PUBACK],
    ["MQTT-3.5.2-3", PUBREC],
    ["MQTT-3.6.2-3", PUBREL],
    ["MQTT-3.7.2-3", PUBCOMP],
  ])("[%s] of type %d leave out User Properties when the packet would be too large", (_, type) => {
    const users = encodeProperties(PUBACK, { userProperties: [["n", "v"]] });
    expect(writeAcknowledgement(buffer, 0, type, 7, 0, users, 13)).toBe(13);
    expect(writeAcknowledgement(buffer, 0, type, 7, 0, users, 12)).toBe(4);
    expect(writeAcknowledgement(buffer, 0, type, 7, type < PUBREL ? 0x97 : 0x92, users, 12)).toBe(5);
  });

  it("use all of a limit, whatever the length of the lengths", () => {
    for (const text of [118, 119, 120, 121, 122, 123, 124, 125, 126, 200, 16_370, 16_380]) {
      const long = encodeProperties(PUBACK, { reasonString: "x".repeat(text) });
      const whole = acknowledgementByteLength(SUCCESS, long);
      expect(acknowledgementByteLength(SUCCESS, long, whole)).toBe(whole);
      expect(acknowledgementByteLength(SUCCESS, long, whole - 1)).toBe(4);
      expect(acknowledgementByteLength(SUCCESS, long, 0xffffffff)).toBe(whole);
    }
  });

  it.each([
    ["MQTT-3.4.2-1", PUBACK, 0x92],
    ["MQTT-3.5.2-1", PUBREC, 0x01],
    ["MQTT-3.6.2-1", PUBREL, 0x10],
    ["MQTT-3.7.2-1", PUBCOMP, 0x80],
  ])("[%s] of type %d with Reason Code %d are refused", (_, type, reasonCode) => {
    expect(() => writeAcknowledgement(buffer, 0, type, 1, reasonCode)).toThrow(
      refusal(INVALID_OPTION, `Reason Code ${reasonCode} is none of packet type ${type}`),
    );
  });
});

describe("SUBSCRIBE and UNSUBSCRIBE", () => {
  it("[MQTT-3.8.3-2] a SUBSCRIBE without Topic Filter is refused", () => {
    expect(() => subscribeByteLength([])).toThrow(
      refusal(INVALID_OPTION, "SUBSCRIBE without a Topic Filter"),
    );
  });

  it("[MQTT-3.10.3-2] an UNSUBSCRIBE without Topic Filter is refused", () => {
    expect(() => unsubscribeByteLength([])).toThrow(refusal(INVALID_OPTION));
  });

  it("[MQTT-3.8.3-4] No Local on a Shared Subscription is refused", () => {
    const shared = encodeTopicFilter("$share/g/a");
    expect(() => subscribeByteLength([{ topic: shared, QoS: 0, noLocal: true }])).toThrow(
      refusal(INVALID_OPTION, "noLocal on a Shared Subscription"),
    );
    expect(subscribeByteLength([{ topic: shared, QoS: 0, noLocal: false }])).toBe(18);
  });

  it("[MQTT-3.8.3-5] reserved bits of the Subscription Options are zero for every option there is", () => {
    expect([SEND_RETAINED, SEND_RETAINED_IF_NEW, DO_NOT_SEND_RETAINED]).toEqual([0, 1, 2]);
    for (let options = 0; options < 0x30; options++) {
      const QoS = options & 3;
      if (QoS === 3) continue;
      const noLocal = (options & 4) !== 0;
      const retainAsPublished = (options & 8) !== 0;
      const item = { topic, QoS, noLocal, retainAsPublished, retainHandling: options >> 4 };
      const end = writeSubscribe(buffer, 0, 1, [item]);
      expect(buffer[end - 1]).toBe(options);
    }
  });

  it.each([-1, 3, 0.5])("Retain Handling %d is refused", (retainHandling) => {
    expect(() => writeSubscribe(buffer, 0, 1, [{ topic, QoS: 0, retainHandling }])).toThrow(
      refusal(INVALID_OPTION, `retainHandling ${retainHandling} is not 0 to 2`),
    );
  });

  it("a QoS of 3 is refused", () => {
    expect(() => writeSubscribe(buffer, 0, 1, [{ topic, QoS: 3 }])).toThrow(refusal(INVALID_QOS));
  });

  it("[MQTT-3.8.1-1] [MQTT-3.10.1-1] have the flags 0010", () => {
    writeSubscribe(buffer, 0, 1, [{ topic, QoS: 0 }]);
    expect(buffer[0]).toBe(0x82);
    writeUnsubscribe(buffer, 0, 1, [topic]);
    expect(buffer[0]).toBe(0xa2);
  });
});

describe("DISCONNECT and AUTH", () => {
  it("[MQTT-3.14.2-3] [MQTT-3.14.2-4] a DISCONNECT leaves out Reason String and User Properties when too large, not more", () => {
    const properties = encodeProperties(DISCONNECT, {
      sessionExpiryInterval: 1,
      reasonString: "why",
      userProperties: [["n", "v"]],
    });
    for (const [maximum, byteLength] of [
      [100, 22],
      [22, 22],
      [21, 15],
      [15, 15],
      [14, 9],
      [9, 9],
    ] as const) {
      expect(writeDisconnect(buffer, 0, 0x98, properties, maximum)).toBe(byteLength);
      expect(reasonByteLength(0x98, properties, maximum)).toBe(byteLength);
    }
    // Of what is left out no byte is written.
    buffer.fill(0xa5);
    expect(writeDisconnect(buffer, 0, 0x98, properties, 9)).toBe(9);
    expect(buffer[9]).toBe(0xa5);
    expect(writeDisconnect(new Uint8Array(9), 0, 0x98, properties, 9)).toBe(9);
    expect(() => writeDisconnect(buffer, 0, 0x98, properties, 8)).toThrow(
      refusal(INVALID_LENGTH, "5 bytes of properties are over the limit of 8"),
    );
  });

  it("[MQTT-3.15.2-2] [MQTT-3.15.2-3] an AUTH leaves them out too, its method never", () => {
    const properties = encodeProperties(AUTH, {
      authenticationMethod: "M",
      authenticationData: "d",
      reasonString: "why",
      userProperties: [["n", "v"]],
    });
    for (const [maximum, byteLength] of [
      [25, 25],
      [24, 18],
      [17, 12],
    ] as const)
      expect(writeAuth(buffer, 0, CONTINUE_AUTHENTICATION, properties, maximum)).toBe(byteLength);
    expect(() => writeAuth(buffer, 0, CONTINUE_AUTHENTICATION, properties, 11)).toThrow(
      refusal(INVALID_LENGTH),
    );
  });

  it("[MQTT-4.12.0-3] [MQTT-3.15.2-1] an AUTH has Reason Code 0x18 or 0x19", () => {
    const properties = encodeProperties(AUTH, { authenticationMethod: "M" });
    for (const reasonCode of [0x18, 0x19]) {
      writeAuth(buffer, 0, reasonCode, properties);
      expect(buffer[2]).toBe(reasonCode);
    }
    for (const reasonCode of [SUCCESS, 0x17, 0x80])
      expect(() => writeAuth(buffer, 0, reasonCode, properties)).toThrow(refusal(INVALID_OPTION));
  });

  it("[MQTT-3.14.2-1] a DISCONNECT with a Reason Code that only servers send is refused", () => {
    expect(() => writeDisconnect(buffer, 0, SERVER_BUSY)).toThrow(
      refusal(INVALID_OPTION, "Reason Code 137 is none of packet type 14"),
    );
  });
});

it.each([0, 65_536, -1, 1.5])(
  "[MQTT-2.2.1-3] a Packet Identifier of %d is refused wherever one is written",
  (identifier) => {
    const invalid = refusal(INVALID_PACKET_IDENTIFIER);
    expect(() => writePublishHeader(buffer, 0, topic, 0, 1, false, false, identifier)).toThrow(invalid);
    expect(() => writeAcknowledgement(buffer, 0, PUBACK, identifier)).toThrow(invalid);
    expect(() => writeSubscribe(buffer, 0, identifier, [{ topic, QoS: 0 }])).toThrow(invalid);
    expect(() => writeUnsubscribe(buffer, 0, identifier, [topic])).toThrow(invalid);
  },
);

const identifier = encodeProperties(SUBSCRIBE, { subscriptionIdentifier: 1 });

it.each<[string, number, (buffer: Uint8Array) => number]>([
  ["a normal DISCONNECT", 2, (room) => writeDisconnect(room, 0)],
  ["a DISCONNECT with Reason Code", 3, (room) => writeDisconnect(room, 0, 4)],
  ["a PUBACK", 4, (room) => writeAcknowledgement(room, 0, PUBACK, 1)],
  ["a PUBREC with Reason Code", 5, (room) => writeAcknowledgement(room, 0, PUBREC, 1, QUOTA_EXCEEDED)],
  ["a SUBSCRIBE", 13, (room) => writeSubscribe(room, 0, 1, [{ topic, QoS: 0 }], identifier)],
  ["an UNSUBSCRIBE", 10, (room) => writeUnsubscribe(room, 0, 1, [topic])],
  ["a CONNECT", 16, (room) => writeConnect(room, 0, { id, clean: true, keepAlive: 0 })],
])("%s takes %d bytes and is refused by a buffer of one less", (_, byteLength, write) => {
  expect(write(new Uint8Array(byteLength))).toBe(byteLength);
  const short = new Uint8Array(byteLength - 1);
  expect(() => write(short)).toThrow(refusal(INVALID_LENGTH));
  expect([...short]).toEqual(new Array(byteLength - 1).fill(0));
});
