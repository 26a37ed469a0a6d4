import { describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import { version5 } from "../../../device/client/version-5/version-5";
import { CONNECTION_LOST, PACKET_TOO_LARGE } from "../../../device/mqtt/mqtt-error";
import { Session } from "../../../device/mqtt/session";
import { RECEIVE_MAXIMUM_EXCEEDED } from "../../../device/mqtt/version-5/mqtt-error";
import { clock } from "../../support/timer";
import { DirectBench } from "../direct-bench";
import { bytes } from "../mqtt-client-bench";
import { Bench } from "./bench";

const LONG = "t".repeat(300);

describe("a packet over a limit, skipped,", () => {
  test("that is PUBACK ends its exchange all the same, also when the connection is lost before it is read", () => {
    const session = new Session();
    const bench = new DirectBench({
      protocol: version5,
      clean: false,
      session,
      bufferByteLength: 1024,
      onReadable: () => {},
    });
    const { client, socket, events } = bench;
    socket.take(1000);
    socket.deliver(0x20, 3, 0, 0, 0);
    client.write(bytes("x"), { topic: "t", QoS: 1 });
    expect(session.inFlight).toBe(1);
    events.length = 0;
    const message = [0x30, 5, 0, 1, 0x74, 0, 0x78];
    // A Reason String of 300 bytes.
    const puback = [0x40, 0xb4, 2, 0, 1, 0, 0xaf, 2, 0x1f, 1, 44, ...new Array<number>(300).fill(0x74)];
    socket.deliver(...message, ...puback);
    socket.fail();
    expect([events, session.inFlight]).toEqual([[], 1]);
    client.read();
    clock.advance(10);
    expect(events).toEqual([`error ${PACKET_TOO_LARGE}`, "control 4", `error ${CONNECTION_LOST}`, "close"]);
    expect(session.inFlight).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("that is SUBACK or UNSUBACK frees its identifier, and onControl gets no codes that were not read", () => {
    const session = new Session();
    const bench = new Bench({ session, headerByteLength: 64 });
    const items = Array.from({ length: 100 }, (_, index) => ({ topic: `${index}` }));
    for (const operation of [MQTTClient.SUBSCRIBE, MQTTClient.UNSUBSCRIBE]) {
      bench.client.write(undefined, { operation, items });
      expect(session.inFlight).toBe(1);
      clock.advance(10);
      expect(session.inFlight).toBe(0);
    }
    expect(bench.codes).toEqual([PACKET_TOO_LARGE, PACKET_TOO_LARGE]);
    expect(bench.controls.map(({ operation }) => operation)).toEqual([MQTTClient.CONNACK]);
  });

  test("that is PUBLISH counts against the Receive Maximum until it is answered", () => {
    const { connection, client, codes, broker } = new Bench({
      properties: { receiveMaximum: 1, topicAliasMaximum: 0 },
    });
    // In the middle of a message of its own the client cannot answer.
    client.write(Uint8Array.of(1), { topic: "t", byteLength: 2 });
    broker.unanswered.add("puback");
    connection.publish(LONG, "x", { qos: 1, messageId: 1 });
    expect(codes).toEqual([PACKET_TOO_LARGE]);
    connection.publish(LONG, "x", { qos: 1, messageId: 2 });
    expect(codes.slice(1)).toEqual([PACKET_TOO_LARGE, RECEIVE_MAXIMUM_EXCEEDED]);
  });

  test("that is PUBLISH at QoS 0 counts for nothing", () => {
    const { connection, codes } = new Bench({ properties: { receiveMaximum: 1, topicAliasMaximum: 0 } });
    for (let count = 0; count < 5; count++) connection.publish(LONG, "x");
    expect(codes).toEqual(new Array(5).fill(PACKET_TOO_LARGE));
    expect(connection.log).toHaveLength(1);
  });
});

test("what the broker takes is known from CONNACK on, and not after close", () => {
  const { client } = new Bench({}, (broker) => {
    broker.connack = { properties: { receiveMaximum: 7 } };
  });
  expect([client.version, client.limits?.receiveMaximum, client.quota]).toEqual([5, 7, 7]);
  client.close();
  expect([client.version, client.limits, client.quota]).toEqual([undefined, undefined, 65_536]);
});

test("before CONNACK nothing is known of what the broker takes", () => {
  const { client } = new Bench({}, (broker) => broker.unanswered.add("connect"));
  expect([client.asked, client.limits]).toEqual([true, undefined]);
});

test("a prepared message of QoS 1 is a new one, without DUP", () => {
  const { client, connection } = new Bench();
  client.prepare({ topic: "t", QoS: 1, payloadByteLength: 1 }).write(bytes("x"));
  clock.advance(10);
  expect(connection.all("publish").map(({ dup }) => dup)).toEqual([false]);
});
