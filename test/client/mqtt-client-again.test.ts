import { afterEach, describe, expect, test } from "vitest";
import MQTTClient from "../../device/client/mqtt-client";
import type { Protocol } from "../../device/client/protocol";
import { version3 } from "../../device/client/version-3";
import { NOT_CONNECTED } from "../../device/mqtt/mqtt-error";
import { Session } from "../../device/mqtt/session";
import { clock } from "../support/timer";
import { codeOf } from "./code-of";
import { DirectBench, puback, publish } from "./direct-bench";
import { Bench, bytes } from "./mqtt-client-bench";

let bench: DirectBench | undefined;

/** Counts the headers that are encoded. */
function counting(): { protocol: Protocol; headers: number } {
  const counted = {
    headers: 0,
    protocol: Object.freeze({
      ...version3,
      writePublishHeader(...parameters: Parameters<Protocol["writePublishHeader"]>) {
        counted.headers += 1;
        return version3.writePublishHeader(...parameters);
      },
    }),
  };
  return counted;
}

afterEach(() => {
  bench?.end();
  bench = undefined;
  expect(clock.pending).toBe(0);
});

describe("what is sent again and again is encoded once", () => {
  test("a message like the one before, also when it fills the socket", () => {
    const counted = counting();
    bench = new DirectBench({ protocol: counted.protocol }).connect();
    const { client, socket } = bench;
    for (const payload of ["1", "2", "3"]) client.write(bytes(payload), { topic: "t", QoS: 1, retain: true });
    expect(counted.headers).toBe(1);
    expect(socket.written).toEqual([publish("1", 1, 1, 1), publish("2", 1, 2, 1), publish("3", 1, 3, 1)]);
    for (const payload of ["4", "5"]) client.write(bytes(payload), { topic: "t" });
    expect(counted.headers).toBe(2);
    socket.take(6);
    client.write(bytes("6"), { topic: "t" });
    expect(counted.headers).toBe(2);
  });

  test("a prepared message, also when it fills the socket", () => {
    const counted = counting();
    bench = new DirectBench({ protocol: counted.protocol }).connect();
    const publisher = bench.client.prepare({ topic: "t", payloadByteLength: 1 });
    publisher.write(bytes("1"));
    bench.socket.take(6);
    publisher.write(bytes("2"));
    expect(counted.headers).toBe(0);
    expect(bench.socket.written).toEqual([publish("1"), publish("2")]);
    expect(bench.socket.views[0]).toBe(bench.socket.views[1]);
  });

  test("packets of one length go out as the same view of one buffer", () => {
    bench = new DirectBench().connect();
    const { client, socket } = bench;
    for (let id = 1; id <= 3; id++) client.write(null, { operation: MQTTClient.PUBACK, id });
    client.write(null, { operation: MQTTClient.PINGREQ });
    expect(socket.views[1]).toBe(socket.views[0]);
    expect(socket.views[2]).toBe(socket.views[0]);
    expect(socket.views[3]?.buffer).toBe(socket.views[0]?.buffer);
  });

  test("a packet as long as the shared buffer goes out as that buffer", () => {
    bench = new DirectBench({ bufferByteLength: 16 }).connect();
    const { client, socket } = bench;
    const items = [{ topic: "123456789" }];
    client.write(null, { operation: MQTTClient.SUBSCRIBE, items });
    client.write(null, { operation: MQTTClient.PINGREQ });
    client.write(null, { operation: MQTTClient.SUBSCRIBE, items });
    expect(socket.views[0]?.length).toBe(16);
    expect(socket.views[2]).toBe(socket.views[0]);
    expect(socket.views[1]?.buffer).toBe(socket.views[0]?.buffer);
  });
});

describe("a message like the one before", () => {
  test("has its own RETAIN flag", () => {
    bench = new DirectBench().connect();
    const { client, socket } = bench;
    for (const retain of [true, true, false, false, true])
      client.write(bytes("x"), retain ? { topic: "t", retain } : { topic: "t" });
    expect(socket.written.map(([first]) => first)).toEqual([0x31, 0x31, 0x30, 0x30, 0x31]);
  });

  test("has a Packet Identifier of its own, over 255 too, prepared or not", () => {
    bench = new DirectBench().connect();
    const { client, socket } = bench;
    const publisher = client.prepare({ topic: "t", QoS: 1, payloadByteLength: 1 });
    for (let id = 1; id <= 600; id++) {
      socket.take(1000);
      if (id % 2) client.write(bytes("x"), { topic: "t", QoS: 1 });
      else publisher.write(bytes("x"));
      socket.deliver(...puback(id));
    }
    expect(socket.written).toEqual(Array.from({ length: 600 }, (_, index) => publish("x", 1, index + 1)));
    socket.written.length = 0;
    for (const id of [601, 602]) {
      socket.take(1000);
      client.write(bytes("x"), { topic: "t", QoS: 1 });
      expect(socket.written.pop()).toEqual(publish("x", 1, id));
    }
  });

  test("is sent although its topic does not fit the shared buffer, and it has no payload", () => {
    bench = new DirectBench({ bufferByteLength: 16 }).connect();
    const topic = "t".repeat(20);
    for (let count = 0; count < 2; count++) bench.client.write(new Uint8Array(0), { topic });
    expect(bench.socket.written.map(({ length }) => length)).toEqual([24, 24]);
  });

  test("cannot be sent when the connection is lost", () => {
    bench = new DirectBench().connect();
    const { client, socket } = bench;
    client.write(bytes("x"), { topic: "t" });
    socket.fail();
    expect(codeOf(() => client.write(bytes("x"), { topic: "t" }))).toBe(NOT_CONNECTED);
    expect(socket.written).toHaveLength(1);
  });

  test("may be text of another kind of Byte Buffer", () => {
    bench = new DirectBench().connect();
    const { client, socket } = bench;
    client.write(bytes("1"), { topic: "t" });
    client.write(new Int8Array([50]), { topic: "t" });
    client.write(ArrayBuffer.fromString("3"), { topic: "t" });
    expect(socket.written).toEqual([publish("1"), publish("2"), publish("3")]);
  });
});

test("two requests of one length that the shared buffer does not hold are two requests", () => {
  bench = new DirectBench({ bufferByteLength: 16 }).connect();
  const { client, socket } = bench;
  for (const letter of ["a", "b"])
    client.write(null, { operation: MQTTClient.SUBSCRIBE, items: [{ topic: letter.repeat(30) }] });
  expect(socket.written.map((packet) => packet[6])).toEqual([0x61, 0x62]);
});

describe("an application that does the handshakes itself", () => {
  test("begins with PUBREL an exchange that PUBCOMP ends", () => {
    const session = new Session();
    bench = new DirectBench({ session }).connect();
    bench.client.write(null, { operation: MQTTClient.PUBREL, id: 7 });
    expect(bench.socket.written).toEqual([[0x62, 2, 0, 7]]);
    expect(session.isInFlight(7)).toBe(true);
    bench.socket.deliver(0x70, 2, 0, 7);
    expect(session.isInFlight(7)).toBe(false);
    expect(bench.events).toEqual(["control 7"]);
  });

  test("begins nothing with PUBACK, PUBREC and PUBCOMP", () => {
    const session = new Session();
    bench = new DirectBench({ session }).connect();
    const { client, socket } = bench;
    for (const operation of [MQTTClient.PUBACK, MQTTClient.PUBREC, MQTTClient.PUBCOMP])
      client.write(null, { operation, id: 0x1234 });
    expect(socket.written).toEqual([
      [0x40, 2, 0x12, 0x34],
      [0x50, 2, 0x12, 0x34],
      [0x70, 2, 0x12, 0x34],
    ]);
    expect(session.inFlight).toBe(0);
  });
});

test("a client of a layer above sends an encoded packet again with its own identifier and DUP", () => {
  const session = new Session();
  const scripted = new Bench({ session }).connect();
  scripted.broker.unanswered.add("publish");
  scripted.client.send(Uint8Array.from(publish("x", 1, 5)), 8, 1, 5);
  scripted.client.send(Uint8Array.from(publish("x", 1, 5, 8)), 8, 1, 5);
  clock.advance(5);
  expect(scripted.broker.connection.log).toEqual(["connect", "publish 5 t x", "publish 5 dup t x"]);
  expect(session.inFlight).toBe(1);
  scripted.client.close();
  scripted.broker.network.close();
  clock.advance(10);
});
