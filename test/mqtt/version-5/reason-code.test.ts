import { describe, expect, it } from "vitest";
import {
  AUTH,
  CONNACK,
  DISCONNECT,
  PUBACK,
  PUBCOMP,
  PUBREC,
  PUBREL,
  SUBACK,
  UNSUBACK,
} from "../../../device/mqtt/control-packet";
import * as mqttErrors from "../../../device/mqtt/mqtt-error";
import * as version5Errors from "../../../device/mqtt/version-5/mqtt-error";
import {
  disconnectReasonCode,
  isClientReasonCode,
  isServerReasonCode,
} from "../../../device/mqtt/version-5/reason-code";

const receipt = [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99];
const connack = [
  ...[0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c],
  ...[0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9f],
];
const suback = [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2];
const disconnect = [
  ...[0x00, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96],
  ...[0x97, 0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2],
];

/** The lists of the standard: tables 3-1, 3-4 to 3-9, 3-10 and 3-11. */
const fromServer: readonly [string, number, number[]][] = [
  ["MQTT-3.2.2-8", CONNACK, connack],
  ["MQTT-3.4.2-1", PUBACK, receipt],
  ["MQTT-3.5.2-1", PUBREC, receipt],
  ["MQTT-3.6.2-1", PUBREL, [0x00, 0x92]],
  ["MQTT-3.7.2-1", PUBCOMP, [0x00, 0x92]],
  ["MQTT-3.9.3-2", SUBACK, suback],
  ["MQTT-3.11.3-2", UNSUBACK, [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91]],
  ["MQTT-3.14.2-1", DISCONNECT, disconnect],
  ["MQTT-3.15.2-1", AUTH, [0x00, 0x18]],
];

const fromClient: readonly [string, number, number[]][] = [
  ...fromServer.slice(1, 5),
  [
    "MQTT-3.14.2-1",
    DISCONNECT,
    [0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97, 0x98, 0x99],
  ],
  ["MQTT-3.15.2-1", AUTH, [0x18, 0x19]],
];

function allowed(test: (packet: number, code: number) => boolean, packet: number): number[] {
  return Array.from({ length: 256 }, (_, code) => code).filter((code) => test(packet, code));
}

describe("Reason Codes", () => {
  it.each(fromServer)("[%s] of packet type %d from a server are those of its table", (_, packet, codes) => {
    expect(allowed(isServerReasonCode, packet)).toEqual(codes);
  });

  it.each(fromClient)("[%s] of packet type %d from a client are those of its table", (_, packet, codes) => {
    expect(allowed(isClientReasonCode, packet)).toEqual(codes);
  });
});

describe("what a DISCONNECT says of an error", () => {
  it.each([
    ["MALFORMED_PACKET", 0x81],
    ["PROTOCOL_ERROR", 0x82],
    ["PACKET_TOO_LARGE", 0x95],
    ["RECEIVE_MAXIMUM_EXCEEDED", 0x93],
    ["TOPIC_ALIAS_INVALID", 0x94],
    ["PAYLOAD_FORMAT_INVALID", 0x99],
    ["INVALID_TOPIC", 0x90],
    ["BUFFER_FULL", 0x97],
    ["IN_FLIGHT_FULL", 0x97],
    ["OUTBOX_FULL", 0x97],
    ["TOPIC_ALIASES_FULL", 0x97],
    ["NO_PACKET_IDENTIFIER", 0x83],
    ["CLIENT_CLOSED", 0x00],
    ["CONNACK_TIMEOUT", 0x80],
    ["INVALID_STATE", 0x80],
  ])("%s is %d", (name, reasonCode) => {
    const errors = { ...mqttErrors, ...version5Errors } as unknown as Record<string, number>;
    expect(disconnectReasonCode(errors[name] as number)).toBe(reasonCode);
  });

  it("[MQTT-3.14.2-1] is always a code that a client may send", () => {
    for (let error = 0; error < 400; error++)
      expect(isClientReasonCode(DISCONNECT, disconnectReasonCode(error))).toBe(true);
  });

  it("codes of version 5 are no others of the same number", () => {
    const old = Object.values<unknown>(mqttErrors);
    for (const code of Object.values(version5Errors)) expect(old).not.toContain(code);
  });
});
