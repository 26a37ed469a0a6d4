import { describe, expect, it } from "vitest";
import {
  AUTH,
  CONNECT,
  DISCONNECT,
  PUBACK,
  PUBLISH,
  SUBSCRIBE,
  UNSUBSCRIBE,
} from "../../../device/mqtt/control-packet";
import { INVALID_OPTION, INVALID_STRING, INVALID_TOPIC } from "../../../device/mqtt/mqtt-error";
import { WILL } from "../../../device/mqtt/version-5/property";
import { encodeProperties, fittingByteLength } from "../../../device/mqtt/version-5/property-writer";

function refusal(code: number, message?: string): unknown {
  return expect.objectContaining(message === undefined ? { code } : { code, message });
}

describe("encodeProperties", () => {
  it("[MQTT-2.2.2-1] of nothing is nothing: the writer adds the length 0", () => {
    expect(encodeProperties(CONNECT, {})).toHaveLength(0);
    expect(encodeProperties(PUBLISH, { contentType: undefined, userProperties: [] })).toHaveLength(0);
  });

  it.each([0, 1, 0xffffffff, 0x80000000])("a four-byte number holds %d", (sessionExpiryInterval) => {
    const encoded = encodeProperties(CONNECT, { sessionExpiryInterval });
    expect(new DataView(encoded.buffer).getUint32(1)).toBe(sessionExpiryInterval);
  });

  it.each([
    [CONNECT, { sessionExpiryInterval: -1 }, "sessionExpiryInterval -1 is not 0 to 4294967295"],
    [CONNECT, { sessionExpiryInterval: 2 ** 32 }, "sessionExpiryInterval 4294967296 is not 0 to 4294967295"],
    [CONNECT, { sessionExpiryInterval: 0.5 }, "sessionExpiryInterval 0.5 is not 0 to 4294967295"],
    [CONNECT, { maximumPacketSize: 0 }, "maximumPacketSize 0 is not 1 to 4294967295"],
    [CONNECT, { receiveMaximum: 0 }, "receiveMaximum 0 is not 1 to 65535"],
    [CONNECT, { receiveMaximum: 65_536 }, "receiveMaximum 65536 is not 1 to 65535"],
    [CONNECT, { topicAliasMaximum: -1 }, "topicAliasMaximum -1 is not 0 to 65535"],
    [CONNECT, { requestProblemInformation: 2 }, "requestProblemInformation 2 is not 0 to 1"],
    [WILL, { payloadFormatIndicator: Number.NaN }, "payloadFormatIndicator NaN is not 0 to 1"],
    [SUBSCRIBE, { subscriptionIdentifier: 0 }, "subscriptionIdentifier 0 is not 1 to 268435455"],
    [
      SUBSCRIBE,
      { subscriptionIdentifier: 2 ** 28 },
      "subscriptionIdentifier 268435456 is not 1 to 268435455",
    ],
  ] as const)("a number out of its range is refused: %d %j", (packet, values, message) => {
    expect(() => encodeProperties(packet, values as never)).toThrow(refusal(INVALID_OPTION, message));
  });

  it.each([
    [PUBLISH, "subscriptionIdentifier", 1], // [MQTT-3.3.4-6]
    [PUBLISH, "sessionExpiryInterval", 1],
    [PUBLISH, "willDelayInterval", 1],
    [CONNECT, "contentType", "x"],
    [UNSUBSCRIBE, "subscriptionIdentifier", 1],
    [UNSUBSCRIBE, "reasonString", "x"],
    [PUBACK, "receiveMaximum", 1],
    [DISCONNECT, "maximumPacketSize", 1],
  ] as const)("[MQTT-3.3.4-6] packet type %d cannot have %s", (packet, name, value) => {
    expect(() => encodeProperties(packet, { [name]: value } as never)).toThrow(
      refusal(INVALID_OPTION, `${name} is no property of packet type ${packet}`),
    );
  });

  it("[MQTT-4.12.0-5] Authentication Data without a method is refused, and AUTH without one", () => {
    const missing = refusal(INVALID_OPTION, "authenticationMethod is missing");
    expect(() => encodeProperties(CONNECT, { authenticationData: "x" })).toThrow(missing);
    expect(() => encodeProperties(AUTH, {} as never)).toThrow(missing);
    expect(encodeProperties(AUTH, { authenticationMethod: "M" })).toEqual(Uint8Array.of(0x15, 0, 1, 0x4d));
  });

  it("[MQTT-1.5.4-1] [MQTT-1.5.4-2] [MQTT-1.5.7-1] text that is no UTF-8, or has U+0000, is refused", () => {
    for (const text of ["\ud800", "a\0"]) {
      expect(() => encodeProperties(PUBLISH, { contentType: text })).toThrow(refusal(INVALID_STRING));
      for (const pair of [
        [text, "v"],
        ["n", text],
      ] as const)
        expect(() => encodeProperties(PUBLISH, { userProperties: [pair] })).toThrow(refusal(INVALID_STRING));
    }
  });

  it.each(["a/#", "+", "", "a\0"])('[MQTT-3.3.2-14] Response Topic "%s" is refused', (responseTopic) => {
    expect(() => encodeProperties(PUBLISH, { responseTopic })).toThrow(refusal(INVALID_TOPIC));
  });

  it("binary data may be text, bytes or a buffer", () => {
    const expected = Uint8Array.of(0x09, 0x00, 0x02, 0x68, 0x69);
    for (const correlationData of ["hi", Uint8Array.of(0x68, 0x69), Uint8Array.of(0x68, 0x69).buffer])
      expect(encodeProperties(PUBLISH, { correlationData })).toEqual(expected);
  });
});

describe("fittingByteLength", () => {
  const both = encodeProperties(DISCONNECT, {
    sessionExpiryInterval: 1, // 5 bytes
    reasonString: "why", // 6 bytes
    userProperties: [["n", "v"]], // 7 bytes
  });

  it.each([
    [100, 18],
    [19, 18],
    [18, 11],
    [12, 11],
    [11, 5],
    [6, 5],
    [5, 5],
    [0, 5],
  ])("with room for %d bytes, %d are sent", (room, sent) => {
    expect(fittingByteLength(both, room)).toBe(sent);
  });

  it("without Reason String the User Properties are left out together", () => {
    const users = encodeProperties(PUBACK, {
      userProperties: [
        ["n", "v"],
        ["n", "v"],
      ],
    });
    expect(fittingByteLength(users, 15)).toBe(14);
    expect(fittingByteLength(users, 14)).toBe(0);
  });

  it("counts a Property Length of two bytes", () => {
    const long = encodeProperties(PUBACK, { reasonString: "x".repeat(125) });
    expect(long).toHaveLength(128);
    expect(fittingByteLength(long, 130)).toBe(128);
    expect(fittingByteLength(long, 129)).toBe(0);
  });
});
