import { generate, type Packet } from "mqtt-packet";
import { beforeEach, expect, test } from "vitest";
import type { Publication } from "../../../host-sim/home/observer/delivery-ledger";
import {
  type ObservedPacket,
  WireObserver,
  type WireTaps,
} from "../../../host-sim/home/observer/wire-observer";

let publications: Publication[];
let acknowledged: Publication[];
let packets: ObservedPacket[];
let problems: string[];
let observer: WireObserver;

beforeEach(() => {
  publications = [];
  acknowledged = [];
  packets = [];
  problems = [];
  observer = new WireObserver({
    device: "temperature-sensor",
    onPublication: (publication) => publications.push(publication),
    onAcknowledged: (publication) => acknowledged.push(publication),
    onPacket: (packet) => packets.push(packet),
    onProblem: (text) => problems.push(text),
  });
});

const connack: Packet = { cmd: "connack", returnCode: 0, sessionPresent: false };

function publish(payload: string, qos: 0 | 1 | 2, messageId = 0, dup = false): Buffer {
  return generate({ cmd: "publish", topic: "home/temp", payload, qos, messageId, dup, retain: true });
}

test("a reading at QoS 0 is 2 + 2 + 9 + payload bytes in one write", () => {
  observer.wrote(publish("21.5", 0), 1);
  expect(packets).toMatchObject([{ byteLength: 2 + 2 + 9 + 4, writes: 1, shared: false }]);
  expect([observer.writes, observer.packets]).toEqual([1, 1]);
  expect(publications).toMatchObject([
    { device: "temperature-sensor", topic: "home/temp", QoS: 0, retain: true },
  ]);
  expect(observer.published).toEqual(new Map([["home/temp", 1]]));
});

test("a packet in three writes and two packets in one write are told apart from one packet a write", () => {
  const packet = publish("21.5", 0);
  observer.wrote(packet.subarray(0, 1), 1);
  observer.wrote(packet.subarray(1, 12), 1);
  observer.wrote(packet.subarray(12), 1);
  observer.wrote(Buffer.concat([packet, packet]), 1);
  observer.wrote(packet, 1);
  expect(packets.map(({ writes, shared }) => ({ writes, shared }))).toEqual([
    { writes: 3, shared: false },
    { writes: 1, shared: true },
    { writes: 1, shared: true },
    { writes: 1, shared: false },
  ]);
});

test("a write that ends one packet and begins the next counts for both", () => {
  const packet = publish("21.5", 0);
  observer.wrote(Buffer.concat([packet, packet.subarray(0, 3)]), 1);
  observer.wrote(packet.subarray(3), 1);
  expect(packets.map(({ writes, shared }) => ({ writes, shared }))).toEqual([
    { writes: 1, shared: true },
    { writes: 2, shared: false },
  ]);
});

test("QoS 1 is acknowledged by the PUBACK with its packet identifier", () => {
  observer.wrote(publish("21.5", 1, 1), 1);
  observer.wrote(publish("21.6", 1, 2), 1);
  observer.read(generate({ cmd: "puback", messageId: 2 }), 1);
  expect(acknowledged.map(({ payload }) => String(payload))).toEqual(["21.6"]);
  expect(observer.acknowledged).toEqual(new Map([["home/temp", 1]]));
  expect(observer.published).toEqual(new Map([["home/temp", 2]]));
});

test("QoS 2 is acknowledged by PUBCOMP, not by PUBREC", () => {
  observer.wrote(publish("21.5", 2, 7), 1);
  observer.read(generate({ cmd: "pubrec", messageId: 7 }), 1);
  expect(acknowledged).toEqual([]);
  observer.wrote(generate({ cmd: "pubrel", messageId: 7 }), 1);
  observer.read(generate({ cmd: "pubcomp", messageId: 7 }), 1);
  expect(acknowledged).toHaveLength(1);
});

test("a retransmission on the next connection is the same message", () => {
  observer.wrote(publish("21.5", 1, 1), 1);
  observer.ended(1, "reset");
  observer.wrote(publish("21.5", 1, 1, true), 2);
  observer.read(generate({ cmd: "puback", messageId: 1 }), 2);
  expect(observer.published).toEqual(new Map([["home/temp", 1]]));
  expect(observer.acknowledged).toEqual(new Map([["home/temp", 1]]));
  expect(observer.retransmissions).toBe(1);
});

test("an identifier used again without DUP is a new message", () => {
  observer.wrote(publish("21.5", 1, 1), 1);
  observer.wrote(publish("21.6", 1, 1), 2);
  expect(observer.published).toEqual(new Map([["home/temp", 2]]));
});

test("half a packet on a connection that ended does not disturb the next connection", () => {
  observer.wrote(publish("21.5", 0).subarray(0, 5), 1);
  observer.read(Buffer.from([0x20]), 1);
  observer.ended(1, "reset");
  observer.wrote(publish("21.6", 0), 2);
  observer.read(generate(connack), 2);
  expect(publications.map(({ payload }) => String(payload))).toEqual(["21.6"]);
  expect(observer.connections).toBe(1);
  expect(problems).toEqual([]);
});

test("connections accepted after the first are reconnects, refused ones are problems", () => {
  expect(observer.reconnects).toBe(0);
  observer.read(generate(connack), 1);
  observer.read(generate({ ...connack, returnCode: 5 }), 2);
  observer.read(generate(connack), 3);
  expect(observer.reconnects).toBe(1);
  expect(problems).toEqual(["broker refused the connection with return code 5"]);
});

test("a connection counts as connected from its CONNACK to its end, of a newer one the old one's end says nothing", () => {
  const reasons: string[] = [];
  observer = new WireObserver({ device: "d", onDisconnected: (reason) => reasons.push(reason) });
  expect(observer.connected).toBe(false);
  observer.read(generate(connack), 1);
  observer.read(generate(connack), 2);
  observer.ended(1, "timed out");
  expect([observer.connected, reasons]).toEqual([true, []]);
  observer.ended(2, "reset");
  expect([observer.connected, reasons]).toEqual([false, ["reset"]]);
});

test("bytes that are no MQTT are a problem", () => {
  observer.wrote(Buffer.from([0x36, 0x00]), 1);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toContain("sent what is no MQTT");
});

test("the taps of a network interface lead here", () => {
  const taps: WireTaps = { onWrite: undefined, onRead: undefined, onEnd: undefined };
  observer.attach(taps);
  taps.onRead?.(generate(connack), 1);
  taps.onWrite?.(publish("21.5", 1, 1), 1);
  taps.onEnd?.(1, "closed by the device");
  taps.onRead?.(generate({ cmd: "puback", messageId: 1 }), 2);
  expect(acknowledged).toHaveLength(1);
});
