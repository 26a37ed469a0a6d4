import { afterEach, describe, expect, test } from "vitest";
import MQTTClient, { type ControlMessage } from "../../device/client/mqtt-client";
import {
  BUFFER_FULL,
  INVALID_OPTION,
  INVALID_QOS,
  INVALID_STATE,
  INVALID_TOPIC,
  NOT_CONNECTED,
  RESOURCE,
} from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { codeOf } from "./code-of";
import { Bench, bytes } from "./mqtt-client-bench";

let bench: Bench;

function connected(...options: ConstructorParameters<typeof Bench>): Bench {
  bench = new Bench(...options).connect();
  return bench;
}

afterEach(() => {
  bench?.client.close();
  bench?.broker.network.close();
  clock.advance(10);
  expect(clock.pending).toBe(0);
});

describe("publishing", () => {
  test("a reading at QoS 0 takes 2 + 2 + 9 + payload bytes and one write", () => {
    connected();
    const { peer } = bench.broker.connection;
    bench.client.write(bytes("21.5"), { topic: "home/temp", retain: true });
    clock.advance(5);
    expect(peer.writes.length).toBe(2);
    expect(peer.writes[1]?.length).toBe(2 + 2 + 9 + 4);
    expect(bench.broker.connection.all("publish")[0]).toMatchObject({ retain: true, qos: 0, dup: false });
  });

  test("write returns what may still be written, less room for acknowledgements", () => {
    connected({}, { sendBufferByteLength: 100 });
    expect(bench.client.write(bytes("12345"), { topic: "t" })).toBe(100 - 10 - 8);
  });

  test("QoS 1 is answered with PUBACK, which onControl gets with its identifier", () => {
    const acknowledged: ControlMessage[] = [];
    connected({ onControl: (_opcode: number, message: ControlMessage) => void acknowledged.push(message) });
    bench.client.write(bytes("a"), { topic: "t", QoS: 1 });
    clock.advance(5);
    expect(acknowledged.slice(1)).toEqual([{ operation: 4, id: 1 }]);
  });

  test("QoS 2 goes through PUBREC, PUBREL, PUBCOMP", () => {
    connected();
    bench.client.write(bytes("a"), { topic: "t", QoS: 2 });
    clock.advance(10);
    expect(bench.broker.connection.log).toEqual(["connect", "publish 1 t a", "pubrel 1"]);
    expect(bench.events.filter((event) => event.startsWith("control"))).toEqual([
      "control 2",
      "control 5",
      "control 7",
    ]);
  });

  test("a PUBREC for an unknown identifier is answered with PUBREL", () => {
    connected();
    bench.broker.connection.send({ cmd: "pubrec", messageId: 77 });
    clock.advance(5);
    expect(bench.broker.connection.log).toContain("pubrel 77");
  });

  test("with onAcknowledge acknowledgements come there as numbers, and not to onControl", () => {
    const acknowledged: number[][] = [];
    connected({ onAcknowledge: (operation, id) => void acknowledged.push([operation, id]) });
    bench.client.write(bytes("a"), { topic: "t", QoS: 2 });
    clock.advance(10);
    expect(acknowledged).toEqual([
      [5, 1],
      [7, 1],
    ]);
    expect(bench.events.filter((event) => event.startsWith("control"))).toEqual(["control 2"]);
  });

  test("every kind of Byte Buffer is taken, and only the bytes that it shows", () => {
    connected();
    const buffer = bytes("abcdef").buffer as ArrayBuffer;
    for (const data of [
      buffer,
      new Uint8Array(buffer, 1, 2),
      new Int8Array(buffer, 2, 2),
      new DataView(buffer, 3),
    ])
      bench.client.write(data, { topic: "t" });
    clock.advance(5);
    const payloads = bench.broker.connection.all("publish").map(({ payload }) => String(payload));
    expect(payloads).toEqual(["abcdef", "bc", "cd", "def"]);
  });

  test("a message without payload is one write", () => {
    connected();
    bench.client.write(new ArrayBuffer(0), { topic: "home/temp", retain: true });
    clock.advance(5);
    expect(bench.broker.connection.log).toContain("publish home/temp ");
  });

  test("fragments: a header with the whole length, then the rest", () => {
    connected();
    bench.client.write(bytes("SM"), { topic: "foo", byteLength: 6, QoS: 1 });
    bench.client.write(bytes("ALL"));
    clock.advance(5);
    expect(bench.broker.connection.log).toEqual(["connect"]);
    bench.client.write(bytes("\n"));
    clock.advance(5);
    expect(bench.broker.connection.log).toEqual(["connect", "publish 1 foo SMALL\n"]);
    expect(bench.broker.connection.peer.writes.length).toBe(4);
  });

  test("nothing goes between fragments: an acknowledgement waits until the message is whole", () => {
    connected();
    bench.client.write(bytes("ab"), { topic: "foo", byteLength: 4 });
    bench.broker.connection.publish("in", "x", { qos: 1, messageId: 9 });
    clock.advance(5);
    expect(bench.messages.length).toBe(1);
    bench.client.write(bytes("cd"));
    clock.advance(5);
    expect(bench.broker.connection.log).toEqual(["connect", "publish foo abcd", "puback 9"]);
  });

  test("a payload larger than the buffer goes out in two writes, without a copy of it all", () => {
    connected({ bufferByteLength: 64 });
    bench.client.write(bytes("y".repeat(3000)), { topic: "big" });
    clock.advance(5);
    expect(bench.broker.connection.peer.writes.slice(1).map(({ length }) => length)).toEqual([64, 2944]);
    expect(bench.broker.connection.log).toContain("publish big 3000 bytes");
  });

  test("1 MiB is sent with 2 KiB of buffers, as the socket takes it", () => {
    const total = 1_048_576;
    let left = total - 1;
    connected({
      bufferByteLength: 1024,
      onWritable(count) {
        const size = Math.min(count, left);
        left -= size;
        if (size > 0) this.write(new Uint8Array(size));
      },
      onControl(_opcode: number, _message) {
        if (left === total - 1) this.write(new Uint8Array(1), { topic: "big", byteLength: total });
      },
    });
    clock.advance(5000);
    expect(left).toBe(0);
    expect(bench.broker.connection.log).toEqual(["connect", `publish big ${total} bytes`]);
  });

  test("a topic longer than the buffer is sent", () => {
    connected({ bufferByteLength: 16 });
    bench.client.write(bytes("x"), { topic: "t".repeat(300) });
    clock.advance(5);
    expect(bench.broker.connection.all("publish")[0]?.topic.length).toBe(300);
  });

  test("identifiers wrap after 65,535 to 1, and one in flight is left out (SDK defect)", () => {
    connected();
    const ids: number[] = [];
    bench.broker.onPacket = (packet) => {
      if (packet.cmd === "publish") ids.push(packet.messageId!);
      // The first one stays in flight.
      return packet.cmd === "publish" && packet.messageId === 1;
    };
    for (let count = 0; count < 65_540; count += 1) {
      bench.client.write(bytes("x"), { topic: "t", QoS: 1 });
      clock.advance(4);
    }
    expect(ids.length).toBe(65_540);
    expect(ids.indexOf(0)).toBe(-1);
    expect(ids.slice(65_533, 65_537)).toEqual([65_534, 65_535, 2, 3]);
  }, 60_000);

  test("an identifier given by the application is used; one in flight throws, unless the message is a duplicate", () => {
    connected();
    bench.broker.unanswered.add("publish");
    const { client } = bench;
    client.write(bytes("x"), { topic: "t", QoS: 1, id: 1234 });
    expect(codeOf(() => client.write(bytes("x"), { topic: "t", QoS: 1, id: 1234 }))).toBe(305);
    client.write(bytes("x"), { topic: "t", QoS: 1, id: 1234, duplicate: true });
    clock.advance(5);
    expect(bench.broker.connection.log).toEqual(["connect", "publish 1234 t x", "publish 1234 dup t x"]);
  });

  test("DUP is never set at QoS 0", () => {
    connected();
    bench.client.write(bytes("x"), { topic: "t", duplicate: true });
    clock.advance(5);
    expect(bench.broker.connection.all("publish")[0]?.dup).toBe(false);
  });

  const misuse: [string, (client: MQTTClient) => unknown, number][] = [
    ["a wildcard topic (SDK defect: sent)", (c) => c.write(bytes("x"), { topic: "a/+" }), INVALID_TOPIC],
    ["an empty topic (SDK defect: sent)", (c) => c.write(bytes("x"), { topic: "" }), INVALID_TOPIC],
    ["no topic", (c) => c.write(bytes("x"), {}), INVALID_TOPIC],
    ["QoS 3 (SDK defect: sent)", (c) => c.write(bytes("x"), { topic: "t", QoS: 3 }), INVALID_QOS],
    ["id 0", (c) => c.write(bytes("x"), { topic: "t", QoS: 1, id: 0 }), 305],
    ["no data", (c) => c.write(undefined, { topic: "t" }), INVALID_OPTION],
    ["an array of words", (c) => c.write(new Uint16Array(1) as never, { topic: "t" }), INVALID_OPTION],
    [
      "byteLength under the data's",
      (c) => c.write(bytes("abc"), { topic: "t", byteLength: 2 }),
      INVALID_OPTION,
    ],
    ["a fragment of nothing", (c) => c.write(bytes("x")), INVALID_OPTION],
    ["SUBSCRIBE without items (SDK defect: sent)", (c) => c.write(null, { operation: 8 }), INVALID_OPTION],
    ["SUBSCRIBE of no item", (c) => c.write(null, { operation: 8, items: [] }), INVALID_OPTION],
    [
      "SUBSCRIBE with a bad filter",
      (c) => c.write(null, { operation: 8, items: [{ topic: "a#" }] }),
      INVALID_TOPIC,
    ],
    [
      "SUBSCRIBE with QoS 3",
      (c) => c.write(null, { operation: 8, items: [{ topic: "a", QoS: 3 }] }),
      INVALID_QOS,
    ],
    ["an operation for brokers", (c) => c.write(null, { operation: 2 }), INVALID_OPTION],
    ["PUBACK without id", (c) => c.write(null, { operation: 4 }), 305],
  ];
  test.each(misuse)("%s throws, and nothing is sent", (_name, action, code) => {
    connected();
    expect(codeOf(() => action(bench.client))).toBe(code);
    clock.advance(5);
    expect(bench.broker.connection.log).toEqual(["connect"]);
    expect(bench.errors).toEqual([]);
  });

  test("options in the middle of a message, and data beyond its length, throw", () => {
    connected();
    const { client } = bench;
    client.write(bytes("a"), { topic: "t", byteLength: 3 });
    expect(codeOf(() => client.write(bytes("b"), { topic: "t" }))).toBe(INVALID_STATE);
    expect(codeOf(() => client.write(bytes("bcd")))).toBe(INVALID_OPTION);
    client.write(bytes("bc"));
    clock.advance(5);
    expect(bench.broker.connection.log).toContain("publish t abc");
  });

  test("before CONNACK write throws NOT_CONNECTED, after close INVALID_STATE", () => {
    bench = new Bench();
    expect(codeOf(() => bench.client.write(bytes("x"), { topic: "t" }))).toBe(NOT_CONNECTED);
    bench.client.close();
    expect(codeOf(() => bench.client.write(bytes("x"), { topic: "t" }))).toBe(INVALID_STATE);
    expect(codeOf(() => bench.client.read())).toBe(INVALID_STATE);
  });

  test("a full socket makes write throw BUFFER_FULL; nothing is sent, and onWritable tells when there is room", () => {
    connected({}, { sendBufferByteLength: 64 });
    const { peer } = bench.broker.connection;
    peer.acknowledging = false;
    bench.client.write(bytes("x".repeat(40)), { topic: "t" });
    expect(codeOf(() => bench.client.write(bytes("y".repeat(40)), { topic: "t", QoS: 1 }))).toBe(BUFFER_FULL);
    bench.events.length = 0;
    clock.advance(5);
    peer.acknowledging = true;
    clock.advance(5);
    expect(bench.events).toEqual(["writable 56"]);
    bench.client.write(bytes("y".repeat(40)), { topic: "t", QoS: 1 });
    clock.advance(5);
    expect(bench.broker.connection.all("publish").length).toBe(2);
    // The identifier that was not used left nothing in flight.
    expect(bench.errors).toEqual([]);
  });

  test("more than 256 messages in flight throw IN_FLIGHT_FULL", () => {
    connected();
    bench.broker.unanswered.add("publish");
    for (let count = 0; count < 256; count += 1) bench.client.write(bytes("x"), { topic: "t", QoS: 1 });
    const code = codeOf(() => bench.client.write(bytes("x"), { topic: "t", QoS: 1 }));
    expect(code).toBe(202);
    expect(Math.floor(code / 100)).toBe(RESOURCE);
  });
});

describe("subscribing", () => {
  test("SUBSCRIBE and UNSUBSCRIBE are one write each, and onControl gets the granted QoS", () => {
    const messages: ControlMessage[] = [];
    connected({ onControl: (_opcode: number, message: ControlMessage) => void messages.push(message) });
    const { client } = bench;
    client.write(null, {
      operation: MQTTClient.SUBSCRIBE,
      items: [{ topic: "foo/bar/+", QoS: 2 }, { topic: "bar/foo" }],
    });
    client.write(null, {
      operation: MQTTClient.UNSUBSCRIBE,
      items: [{ topic: "frogs" }, { topic: "bar/foo" }],
    });
    clock.advance(5);
    expect(bench.broker.connection.log).toEqual(["connect", "subscribe 1", "unsubscribe 2"]);
    expect(bench.broker.connection.peer.writes.length).toBe(3);
    expect(messages[1]).toMatchObject({ operation: 9, id: 1 });
    expect([...(messages[1]?.payload ?? [])]).toEqual([2, 0]);
    expect(messages[2]).toEqual({ operation: 11, id: 2 });
  });

  test("SUBACK 0x80 reaches onControl", () => {
    const messages: ControlMessage[] = [];
    connected({ onControl: (_opcode: number, message: ControlMessage) => void messages.push(message) });
    bench.broker.unanswered.add("subscribe");
    bench.client.write(null, { operation: MQTTClient.SUBSCRIBE, items: [{ topic: "secret" }] });
    bench.broker.connection.send({ cmd: "suback", messageId: 1, granted: [0x80] });
    clock.advance(5);
    expect([...(messages[1]?.payload ?? [])]).toEqual([0x80]);
  });

  test("a SUBSCRIBE larger than the buffer is one write", () => {
    connected({ bufferByteLength: 64 });
    const items = Array.from({ length: 20 }, (_, index) => ({ topic: `home/${index}/command`, QoS: 1 }));
    bench.client.write(null, { operation: MQTTClient.SUBSCRIBE, items });
    clock.advance(5);
    expect(bench.broker.connection.all("subscribe")[0]?.subscriptions.length).toBe(20);
    expect(bench.broker.connection.peer.writes.length).toBe(2);
  });
});
