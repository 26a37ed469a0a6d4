import { describe, expect, test } from "vitest";
import {
  PUBACK,
  PUBCOMP,
  PUBREC,
  SUBACK,
  SUBSCRIBE,
  UNSUBACK,
  UNSUBSCRIBE,
} from "../../device/mqtt/control-packet";
import {
  IN_FLIGHT_FULL,
  INVALID_PACKET_IDENTIFIER,
  type MQTTError,
  NO_PACKET_IDENTIFIER,
} from "../../device/mqtt/mqtt-error";
import { Session } from "../../device/mqtt/session";

function codeOf(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    return (error as MQTTError).code;
  }
  throw new Error("did not throw");
}

describe("Packet Identifiers", () => {
  test("begin at 1, and 1 follows 65,535 [MQTT-2.3.1-1]", () => {
    const session = new Session();
    const first = session.nextPacketIdentifier();
    for (let count = 2; count < 65_535; count += 1) session.nextPacketIdentifier();
    expect([first, session.nextPacketIdentifier(), session.nextPacketIdentifier()]).toEqual([1, 65_535, 1]);
  });

  test("leave out those in flight, of messages and of subscriptions [MQTT-2.3.1-4]", () => {
    const session = new Session();
    session.publish(1, 1, false);
    session.publish(2, 2, false);
    session.request(4, SUBSCRIBE);
    expect([session.nextPacketIdentifier(), session.nextPacketIdentifier()]).toEqual([3, 5]);
  });

  test("when all are in flight there is none", () => {
    const session = new Session(65_535);
    for (let id = 1; id <= 65_535; id += 1) session.outbound.entries.push(id | (PUBACK << 16));
    expect(() => session.nextPacketIdentifier()).toThrow(
      expect.objectContaining({
        code: NO_PACKET_IDENTIFIER,
        message: "all Packet Identifiers are in flight",
      }),
    );
    session.forget(1);
    expect(session.nextPacketIdentifier()).toBe(1);
  });

  test("one in flight cannot be used for another message, but for the same one again", () => {
    const session = new Session();
    session.publish(7, 1, false);
    const refusal = expect.objectContaining({
      code: INVALID_PACKET_IDENTIFIER,
      message: "Packet Identifier 7 is in flight",
    });
    expect(() => session.publish(7, 1, false)).toThrow(refusal);
    expect(() => session.request(7, SUBSCRIBE)).toThrow(refusal);
    session.publish(7, 1, true);
    expect(session.inFlight).toBe(1);
  });

  test("no more are in flight than the limit", () => {
    const session = new Session(2);
    session.publish(1, 1, false);
    expect(session.isFull).toBe(false);
    session.publish(2, 1, false);
    expect(session.isFull).toBe(true);
    expect(codeOf(() => session.publish(3, 1, false))).toBe(IN_FLIGHT_FULL);
  });
});

describe("outbound exchanges", () => {
  test("QoS 1 ends with PUBACK [MQTT-4.3.2-1]", () => {
    const session = new Session();
    session.publish(1, 1, false);
    expect(session.acknowledge(PUBREC, 1)).toBe(false);
    expect(session.acknowledge(PUBACK, 1)).toBe(true);
    expect(session.acknowledge(PUBACK, 1)).toBe(false);
    expect(session.inFlight).toBe(0);
  });

  test("QoS 2 goes from PUBREC to PUBCOMP; PUBACK means nothing, and a PUBREC may be repeated [MQTT-4.3.3-1]", () => {
    const session = new Session();
    session.publish(1, 2, false);
    expect(session.acknowledge(PUBACK, 1)).toBe(false);
    expect(session.acknowledge(PUBCOMP, 1)).toBe(false);
    expect(session.acknowledge(PUBREC, 1)).toBe(true);
    expect(session.acknowledge(PUBREC, 1)).toBe(true);
    expect(session.isInFlight(1)).toBe(true);
    expect(session.acknowledge(PUBCOMP, 1)).toBe(true);
    expect(session.isInFlight(1)).toBe(false);
  });

  test("SUBSCRIBE and UNSUBSCRIBE end with SUBACK and UNSUBACK", () => {
    const session = new Session();
    session.request(1, SUBSCRIBE);
    session.request(2, UNSUBSCRIBE);
    expect([session.acknowledge(UNSUBACK, 1), session.acknowledge(SUBACK, 2)]).toEqual([false, false]);
    expect([session.acknowledge(SUBACK, 1), session.acknowledge(UNSUBACK, 2)]).toEqual([true, true]);
  });

  test("a PUBREL sent by hand is waited for with PUBCOMP", () => {
    const session = new Session();
    session.releaseOutbound(9);
    expect(session.acknowledge(PUBCOMP, 9)).toBe(true);
  });

  test("a forgotten identifier is free", () => {
    const session = new Session();
    session.publish(1, 1, false);
    session.forget(1);
    expect(session.isInFlight(1)).toBe(false);
  });
});

describe("inbound QoS 2", () => {
  test("a message is a duplicate until it is released [MQTT-4.3.3-2]", () => {
    const session = new Session();
    expect(session.isReceived(5)).toBe(false);
    session.receive(5);
    session.receive(5);
    expect(session.isReceived(5)).toBe(true);
    session.release(5);
    expect(session.isReceived(5)).toBe(false);
    session.release(5);
  });

  test("is bounded", () => {
    const session = new Session(3);
    for (const id of [1, 2, 3]) session.receive(id);
    expect(codeOf(() => session.receive(4))).toBe(IN_FLIGHT_FULL);
  });
});

describe("a new connection", () => {
  test("of the same session keeps exchanges of messages, and waits no longer for SUBACK and UNSUBACK", () => {
    const session = new Session();
    session.publish(1, 1, false);
    session.request(2, SUBSCRIBE);
    session.publish(3, 2, false);
    session.request(4, UNSUBSCRIBE);
    session.receive(9);
    session.resume(true);
    expect([1, 2, 3, 4].map((id) => session.isInFlight(id))).toEqual([true, false, true, false]);
    expect(session.isReceived(9)).toBe(true);
  });

  test("without the session forgets all, but does not begin the identifiers anew", () => {
    const session = new Session();
    session.publish(session.nextPacketIdentifier(), 1, false);
    session.receive(9);
    session.resume(false);
    expect(session.inFlight).toBe(0);
    expect(session.isReceived(9)).toBe(false);
    expect(session.nextPacketIdentifier()).toBe(2);
  });
});
