import { afterEach, describe, expect, test } from "vitest";
import MQTTClient, { type ReadableOptions } from "../../device/client/mqtt-client";
import { Session } from "../../device/mqtt/session";
import { clock } from "../support/timer";
import { Bench, bytes } from "./mqtt-client-bench";

let bench: Bench;

function connected(...options: ConstructorParameters<typeof Bench>): Bench {
  bench = new Bench(...options).connect();
  return bench;
}

afterEach(() => {
  bench.client.close();
  bench.broker.network.close();
  clock.advance(10);
  expect(clock.pending).toBe(0);
});

describe("receiving", () => {
  test("the first piece tells topic, QoS, length, retain and duplicate (SDK defect: retain lost)", () => {
    const calls: [number, ReadableOptions][] = [];
    connected({
      onReadable(count, options) {
        calls.push([count, options]);
        this.read();
      },
    });
    bench.broker.connection.publish("home/temp", "21.5", { qos: 1, messageId: 5, retain: true, dup: true });
    clock.advance(5);
    expect(calls).toEqual([
      [4, { more: false, topic: "home/temp", QoS: 1, byteLength: 4, retain: true, duplicate: true }],
    ]);
  });

  test("a zero-length message is delivered at once, and so are those behind it (SDK defect: parser wedged)", () => {
    const counts: number[] = [];
    let length = -1;
    connected({
      onReadable(count) {
        counts.push(count);
        length = this.read(count).byteLength;
      },
    });
    const { connection } = bench.broker;
    connection.publish("t", "", { retain: true });
    clock.advance(5);
    expect(counts).toEqual([0]);
    expect(length).toBe(0);
    connection.publish("t", "", { qos: 1, messageId: 4 });
    connection.publish("t", "after");
    clock.advance(5);
    expect(counts).toEqual([0, 0, 5]);
    expect(connection.log).toContain("puback 4");
  });

  test("bytes that arrive one by one make the same messages", () => {
    connected();
    const { peer } = bench.broker.connection;
    for (const byte of [0x32, 7, 0, 1, 0x61, 0, 9, 0x68, 0x69, 0xd0, 0, 0x30, 4, 0, 1, 0x62, 0x21]) {
      peer.send([byte]);
      clock.advance(2);
    }
    expect(bench.messages).toMatchObject([
      { topic: "a", payload: "hi" },
      { topic: "b", payload: "!" },
    ]);
    expect(bench.broker.connection.log).toEqual(["connect", "puback 9"]);
  });

  test("several packets in one segment are all handled", () => {
    connected();
    bench.broker.connection.peer.send([
      0xd0, 0, 0x30, 4, 0, 1, 0x61, 0x31, 0x30, 4, 0, 1, 0x62, 0x32, 0xd0, 0,
    ]);
    clock.advance(5);
    expect(bench.messages.map(({ payload }) => payload)).toEqual(["1", "2"]);
    expect(bench.events.filter((event) => event === "control 13").length).toBe(2);
  });

  test("PUBACK goes out only when the application has read the payload (SDK defect: before)", () => {
    connected({ onReadable: () => {} });
    const { connection } = bench.broker;
    connection.publish("t", "abcd", { qos: 1, messageId: 7 });
    clock.advance(1000);
    expect(connection.log).toEqual(["connect"]);
    expect(bench.client.read(3).byteLength).toBe(3);
    clock.advance(1000);
    expect(connection.log).toEqual(["connect"]);
    expect(String.fromArrayBuffer(bench.client.read(10))).toBe("d");
    clock.advance(5);
    expect(connection.log).toEqual(["connect", "puback 7"]);
  });

  test("PUBACK goes out after onReadable has returned", () => {
    const writes: number[] = [];
    connected({
      onReadable() {
        this.read();
        writes.push(bench.broker.network.counters.writes);
      },
    });
    bench.broker.connection.publish("t", "abcd", { qos: 1, messageId: 7 });
    clock.advance(5);
    expect(writes).toEqual([1]);
    expect(bench.broker.connection.all("puback").length).toBe(1);
  });

  test("the next message is not announced before the current one has been read", () => {
    const counts: number[] = [];
    connected({ onReadable: (count) => void counts.push(count) });
    bench.broker.connection.publish("a", "first");
    bench.broker.connection.publish("b", "next");
    clock.advance(100);
    expect(counts).toEqual([5]);
    bench.client.read(5);
    // Callbacks are never called inside a method.
    expect(counts).toEqual([5]);
    clock.advance(5);
    expect(counts).toEqual([5, 4]);
    bench.client.read();
  });

  test("read fills a buffer of the application, as much as fits, and returns the count", () => {
    connected({ onReadable: () => {} });
    bench.broker.connection.publish("t", "abcdef");
    clock.advance(5);
    const buffer = new Uint8Array(4);
    expect(bench.client.read(buffer)).toBe(4);
    expect(String.fromArrayBuffer(buffer.buffer)).toBe("abcd");
    expect(bench.client.read(new DataView(buffer.buffer, 2))).toBe(2);
    expect(String.fromArrayBuffer(buffer.buffer)).toBe("abef");
    expect(bench.client.read(buffer)).toBeUndefined();
    expect(bench.client.read()).toBeUndefined();
  });

  test("1 MiB is received with 2 KiB of buffers, in order", () => {
    const total = 1_048_576;
    let received = 0;
    let correct = true;
    let last = true;
    const buffer = new Uint8Array(500);
    connected({
      bufferByteLength: 1024,
      onReadable(_count, { more }) {
        last = more;
        for (let got = this.read(buffer); got; got = this.read(buffer))
          for (let index = 0; index < got; index += 1)
            if (buffer[index] !== (received++ & 0xff)) correct = false;
      },
    });
    const payload = Uint8Array.from({ length: total }, (_, index) => index & 0xff);
    bench.broker.connection.publish("big", payload, { qos: 1, messageId: 1 });
    clock.advance(20_000);
    expect([received, correct, last]).toEqual([total, true, false]);
    expect(bench.broker.connection.log).toEqual(["connect", "puback 1"]);
  });

  test("a message read in ways that leave bytes over, past the shared buffer, arrives whole", () => {
    let text = "";
    connected({
      bufferByteLength: 16,
      onReadable(count) {
        const buffer = new Uint8Array(7);
        while (count > 0) {
          const got = this.read(buffer) ?? 0;
          text += String.fromArrayBuffer(buffer.slice(0, got).buffer);
          count -= got;
        }
      },
    });
    const payload = Array.from({ length: 300 }, (_, index) => String.fromCharCode(97 + (index % 26))).join(
      "",
    );
    bench.broker.connection.publish("t", payload);
    bench.broker.connection.publish("t", "END");
    clock.advance(20);
    expect(text).toBe(`${payload}END`);
  });

  test("without onReadable messages are acknowledged and dropped", () => {
    connected({ onReadable: undefined as never });
    bench.broker.connection.publish("t", "x".repeat(2000), { qos: 1, messageId: 1 });
    bench.broker.connection.publish("t", "y", { qos: 2, messageId: 2 });
    clock.advance(20);
    expect(bench.broker.connection.log).toEqual(["connect", "puback 1", "pubrec 2", "pubcomp 2"]);
  });

  test("incoming QoS 2 is answered with PUBREC and PUBCOMP, and delivered once", () => {
    connected();
    const { connection } = bench.broker;
    bench.broker.unanswered.add("pubrec");
    connection.publish("t", "once", { qos: 2, messageId: 3 });
    clock.advance(5);
    connection.publish("t", "once", { qos: 2, messageId: 3, dup: true });
    clock.advance(5);
    connection.send({ cmd: "pubrel", messageId: 3 });
    clock.advance(5);
    expect(bench.messages.map(({ payload }) => payload)).toEqual(["once"]);
    expect(connection.log).toEqual(["connect", "pubrec 3", "pubrec 3", "pubcomp 3"]);
    connection.publish("t", "again", { qos: 2, messageId: 3 });
    clock.advance(5);
    expect(bench.messages.map(({ payload }) => payload)).toEqual(["once", "again"]);
  });

  test("a QoS 2 duplicate that comes on the next connection of the session is not delivered (SDK defect: twice)", () => {
    const session = new Session();
    connected({ session, clean: false });
    bench.broker.unanswered.add("pubrec");
    bench.broker.connection.publish("t", "once", { qos: 2, messageId: 3 });
    clock.advance(5);
    bench.client.close();
    const first = bench;
    bench = new Bench({ session, clean: false });
    bench.broker.sessionPresent = true;
    bench.connect();
    bench.broker.connection.publish("t", "once", { qos: 2, messageId: 3, dup: true });
    clock.advance(5);
    expect(first.messages.length).toBe(1);
    expect(bench.messages).toEqual([]);
    expect(bench.broker.connection.log).toEqual(["connect", "pubrec 3", "pubcomp 3"]);
    first.broker.network.close();
  });

  test("an unknown PUBREL gets PUBCOMP", () => {
    connected();
    bench.broker.connection.send({ cmd: "pubrel", messageId: 99 });
    clock.advance(5);
    expect(bench.broker.connection.log).toEqual(["connect", "pubcomp 99"]);
  });

  test("an acknowledgement that the full socket does not take goes out later; none is lost, and reading pauses", () => {
    connected({}, { sendBufferByteLength: 64 });
    const { connection } = bench.broker;
    connection.peer.acknowledging = false;
    bench.client.write(bytes("x".repeat(50)), { topic: "t" });
    for (let id = 1; id <= 40; id += 1) connection.publish("t", `${id}`, { qos: 1, messageId: id });
    clock.advance(50);
    expect(bench.messages.length).toBeLessThan(40);
    connection.peer.acknowledging = true;
    clock.advance(100);
    expect(bench.messages.length).toBe(40);
    expect(connection.all("puback").map(({ messageId }) => messageId)).toEqual(
      Array.from({ length: 40 }, (_, index) => index + 1),
    );
  });

  test("257 QoS 2 messages that the broker never releases end the connection with IN_FLIGHT_FULL", () => {
    connected();
    bench.broker.unanswered.add("pubrec");
    for (let id = 1; id <= 257; id += 1) {
      bench.broker.connection.publish("t", "x", { qos: 2, messageId: id });
      clock.advance(3);
    }
    expect(bench.errors[0]?.code).toBe(202);
  });

  test("after DISCONNECT the broker closes and only onClose is called", () => {
    connected();
    bench.events.length = 0;
    bench.client.write(null, { operation: MQTTClient.DISCONNECT });
    expect(() => bench.client.write(bytes("x"), { topic: "t" })).toThrow();
    bench.broker.connection.publish("t", "late");
    clock.advance(10);
    expect(bench.broker.connection.log).toEqual(["connect", "disconnect"]);
    expect(bench.events).toEqual(["close"]);
    expect(bench.messages).toEqual([]);
  });

  test("a broker that does not close after DISCONNECT is left after 5 s", () => {
    connected({ keepAlive: 60_000 });
    bench.broker.unanswered.add("disconnect");
    bench.events.length = 0;
    bench.client.write(null, { operation: MQTTClient.DISCONNECT });
    clock.advance(4999);
    expect(bench.events).toEqual([]);
    clock.advance(10);
    expect(bench.events).toEqual(["close"]);
    expect(bench.broker.connection.peer.finished).toBe(true);
  });

  test("an application that has not read all when the connection is lost can still do so, then gets the error", () => {
    connected({ onReadable: () => {} });
    bench.events.length = 0;
    bench.broker.connection.publish("t", "abcd");
    bench.broker.connection.peer.finish();
    clock.advance(100);
    expect(bench.events).toEqual([]);
    expect(String.fromArrayBuffer(bench.client.read(4))).toBe("abcd");
    clock.advance(5);
    expect(bench.events).toEqual(["error 103", "close"]);
    expect(bench.client.read()).toBeUndefined();
  });
});
