import { generate } from "mqtt-packet";
import { describe, expect, test } from "vitest";
import { LATEST, MUST } from "../../device/client/delivery";
import { Outbox, RESEND, SENT, WAITING } from "../../device/client/reliable/outbox";
import { encodeTopicName } from "../../device/mqtt/topic";

function filled(byteLength: number = 1024): Outbox {
  const outbox = new Outbox(byteLength);
  outbox.append(1, LATEST, encodeTopicName("a"), Uint8Array.of(65), 0, false);
  outbox.append(0xffff_ffff, MUST, encodeTopicName("home/ä"), new Uint8Array(200).fill(66), 2, true);
  outbox.append(3, LATEST, encodeTopicName("a"), new Uint8Array(0), 1, false);
  return outbox;
}

function offsets(outbox: Outbox): number[] {
  const found: number[] = [];
  for (let offset = 0; offset < outbox.used; offset = outbox.next(offset)) found.push(offset);
  return found;
}

describe("outbox", () => {
  test("keeps what is known of a message", () => {
    const outbox = filled();
    const [, second = 0] = offsets(outbox);
    expect(outbox.count).toBe(3);
    expect(outbox.token(second)).toBe(0xffff_ffff);
    expect(outbox.topic(second)).toBe("home/ä");
    expect([outbox.QoS(second), outbox.delivery(second), outbox.state(second)]).toEqual([2, MUST, WAITING]);
    expect(outbox.identifier(second)).toBe(0);
    outbox.setExpired(second);
    expect([outbox.isExpired(second), outbox.delivery(second)]).toEqual([true, MUST]);
  });

  test("a record holds the packet as it goes over the wire", () => {
    const outbox = filled();
    const [, second = 0] = offsets(outbox);
    outbox.setIdentifier(second, 0x1234);
    outbox.setDuplicate(second, true);
    const packet = outbox.bytes.subarray(outbox.packetStart(second), outbox.next(second));
    const expected = generate({
      cmd: "publish",
      topic: "home/ä",
      payload: Buffer.alloc(200, 66),
      qos: 2,
      retain: true,
      dup: true,
      messageId: 0x1234,
    });
    expect([...packet]).toEqual([...expected]);
    outbox.setDuplicate(second, false);
    expect(packet[0]).toBe(0x35);
  });

  test("is found by token and by identifier; what is not there is -1", () => {
    const outbox = filled();
    const [, second = 0, third = 0] = offsets(outbox);
    outbox.setIdentifier(second, 7);
    expect([outbox.findToken(3), outbox.findIdentifier(7)]).toEqual([third, second]);
    expect([outbox.findToken(9), outbox.findIdentifier(9)]).toEqual([-1, -1]);
  });

  test("removing moves those behind, and counts", () => {
    const outbox = filled();
    const [, second = 0] = offsets(outbox);
    outbox.setState(second, RESEND);
    outbox.setIdentifier(second, 9);
    outbox.remove(0);
    expect(outbox.removals).toBe(1);
    expect([outbox.token(0), outbox.state(0), outbox.identifier(0)]).toEqual([0xffff_ffff, RESEND, 9]);
    outbox.remove(0);
    outbox.setState(0, SENT);
    expect([outbox.token(0), outbox.topic(0), outbox.count]).toEqual([3, "a", 1]);
    outbox.remove(0);
    expect([outbox.used, outbox.count, outbox.free]).toEqual([0, 0, 1024]);
  });

  test("compares topics without decoding them", () => {
    const outbox = filled();
    const [first = 0, second = 0, third = 0] = offsets(outbox);
    expect([outbox.haveSameTopic(first, third), outbox.haveSameTopic(first, second)]).toEqual([true, false]);
    expect(outbox.isTopic(second, encodeTopicName("home/ä"))).toBe(true);
    expect(outbox.isTopic(first, encodeTopicName("ab"))).toBe(false);
  });

  test("recordByteLength is what append takes", () => {
    const outbox = new Outbox(300);
    const topic = encodeTopicName("t");
    for (const [payload, QoS] of [
      [0, 0],
      [117, 1],
      [130, 2],
    ] as const) {
      const before = outbox.used;
      const expected = outbox.recordByteLength(topic, payload, QoS);
      outbox.append(1, LATEST, topic, new Uint8Array(payload), QoS, false);
      expect(outbox.used - before).toBe(expected);
      outbox.remove(before);
    }
  });

  test("knows where topic, packet and properties end, whatever the length of the packet", () => {
    const topic = encodeTopicName("t");
    const properties = Uint8Array.of(1, 2, 3);
    for (let length = 100; length < 400; length++) {
      const outbox = new Outbox(1024);
      outbox.append(7, LATEST, topic, new Uint8Array(length).fill(255), 1, false, properties);
      outbox.setIdentifier(0, 0x0102);
      const packetByteLength = outbox.packetEnd(0) - outbox.packetStart(0);
      expect([outbox.topic(0), packetByteLength]).toEqual(["t", (length + 5 > 127 ? 3 : 2) + 5 + length]);
      expect([...outbox.bytes.subarray(outbox.packetEnd(0), outbox.next(0))]).toEqual([1, 2, 3]);
      expect(outbox.next(0)).toBe(outbox.recordByteLength(topic, length, 1, properties));
      expect(outbox.recordByteLength(topic, length, 1)).toBe(outbox.next(0) - 3);
    }
  });
});
