import { afterEach, describe, expect, test } from "vitest";
import MQTTClient, { type MQTTClientOptions } from "../../device/client/mqtt-client";
import { BUFFER_FULL, CONNECTION_LOST, MQTTError, NOT_CONNECTED } from "../../device/mqtt/mqtt-error";
import { Session } from "../../device/mqtt/session";
import { clock } from "../support/timer";
import { codeOf } from "./code-of";
import { CONNACK, DirectBench, PINGRESP, puback, publish } from "./direct-bench";
import { bytes } from "./mqtt-client-bench";

let bench: DirectBench;

function connected(options: Partial<MQTTClientOptions> = {}, free: number = 1000): DirectBench {
  bench = new DirectBench(options).connect(free);
  return bench;
}

afterEach(() => {
  bench.end();
  expect(clock.pending).toBe(0);
});

describe("a socket", () => {
  test("is made for the address found, without delay in both spellings, with the options given", () => {
    bench = new DirectBench({ port: 8883 });
    expect(bench.socket.options).toMatchObject({
      address: "10.0.0.1",
      host: "broker.local",
      port: 8883,
      nodelay: true,
      noDelay: true,
      format: "buffer",
    });
  });

  test("is made for port 1883 where no other is given", () => {
    bench = new DirectBench();
    expect(bench.socket.options.port).toBe(1883);
  });

  test("that takes less than CONNECT at first is given up, with a reason", () => {
    bench = new DirectBench({ id: "a-rather-long-identifier" });
    bench.socket.take(20);
    expect(bench.events).toEqual([`error ${CONNECTION_LOST}`, "close"]);
    expect(bench.errors[0]?.message).toContain("38 bytes do not fit the socket, which takes 20");
    expect(bench.socket.written).toEqual([]);
  });

  test("that takes exactly CONNECT gets it", () => {
    bench = new DirectBench();
    bench.socket.take(15);
    expect(bench.socket.written).toHaveLength(1);
    expect(bench.events).toEqual([]);
  });

  test("says itself what it takes next, where it knows", () => {
    const { client, socket } = connected();
    socket.free = () => 42;
    expect(client.write(bytes("x"), { topic: "t" })).toBe(42 - 8);
  });

  test("that says nothing is counted by the client, down to nothing", () => {
    const { client, socket } = connected({}, 20);
    socket.free = undefined;
    expect(client.write(bytes("x"), { topic: "t" })).toBe(20 - 6 - 8);
    expect(client.write(bytes("x"), { topic: "t" })).toBe(0);
    expect(codeOf(() => client.write(bytes("xxxxx"), { topic: "t" }))).toBe(BUFFER_FULL);
    expect(client.writable).toBe(0);
  });

  test("that calls back after it was closed is not heard", () => {
    const { client, socket, events } = connected();
    client.write(bytes("x"), { topic: "t" });
    socket.fail();
    expect(events).toEqual([`error ${CONNECTION_LOST}`, "close"]);
    socket.take(1000);
    socket.deliver(...publish("late"));
    socket.fail();
    expect(codeOf(() => client.write(bytes("x"), { topic: "t" }))).toBe(NOT_CONNECTED);
    expect(events).toHaveLength(2);
    expect(socket.written).toHaveLength(1);
    expect(socket.closed).toBe(1);
  });

  test("that fails twice, and delivers when closed, takes nothing from what had arrived", () => {
    const { client, socket, events } = connected({ onReadable: () => {} });
    socket.deliver(...publish("abcd"));
    socket.fail();
    socket.fail();
    socket.deliver(1, 2, 3);
    expect(events).toEqual([]);
    expect(String.fromArrayBuffer(client.read(10))).toBe("abcd");
    clock.advance(1);
    expect(events).toEqual([`error ${CONNECTION_LOST}`, "close"]);
    expect(bench.errors[0]?.message).toBe("the connection was lost");
  });

  test("that has more to tell while the application is told goes on afterwards, and each message is acknowledged", () => {
    const { socket, events } = connected({
      onReadable(count) {
        events.push(`begin ${String.fromArrayBuffer(this.read(count))}`);
        if (events.length === 1) socket.deliver(...publish("2", 1, 2));
        events.push("end");
      },
    });
    socket.deliver(...publish("1", 1, 1));
    expect(events).toEqual(["begin 1", "end", "begin 2", "end"]);
    expect(socket.written).toEqual([puback(1), puback(2)]);
  });

  test("that refuses to read has delivered nothing", () => {
    const { socket, events } = connected();
    socket.deliver(...PINGRESP);
    socket.broken = new Error("no memory");
    socket.deliver(...PINGRESP);
    clock.advance(1);
    expect(events).toEqual(["control 13", `error ${CONNECTION_LOST}`, "close"]);
  });

  test("that refuses to read the rest of a payload: read returns what had come, then the error is told", () => {
    const { client, socket, events } = connected({ bufferByteLength: 16, onReadable: () => {} });
    socket.deliver(...publish("a".repeat(30)));
    socket.broken = new Error("no memory");
    const buffer = new Uint8Array(30);
    expect(client.read(buffer)).toBe(11);
    expect(events).toEqual([]);
    clock.advance(1);
    expect(events).toEqual([`error ${CONNECTION_LOST}`, "close"]);
    expect(bench.errors[0]?.message).toContain("no memory");
  });

  test("that is lost with the rest of a payload unread: what had come is still there", () => {
    const { client, socket, events } = connected({ bufferByteLength: 16, onReadable: () => {} });
    socket.deliver(...publish("abcdefghijklmnopqrstuvwxyz"));
    expect(client.read(2).byteLength).toBe(2);
    socket.fail();
    expect(String.fromArrayBuffer(client.read(30))).toBe("cdefghijk");
    expect(client.read()).toBeUndefined();
    clock.advance(1);
    expect(events).toEqual([`error ${CONNECTION_LOST}`, "close"]);
  });

  test("that is lost with a message behind the one unread: both are delivered before the error", () => {
    const { client, socket, events } = connected({
      onReadable: (count) => void events.push(`readable ${count}`),
    });
    socket.deliver(...publish("ab"), ...publish("cde"));
    socket.fail();
    client.read();
    clock.advance(1);
    client.read();
    clock.advance(1);
    expect(events).toEqual(["readable 2", "readable 3", `error ${CONNECTION_LOST}`, "close"]);
  });

  test("may know why it failed: an MQTTError is what the application gets, anything else is a lost connection", () => {
    bench = new DirectBench();
    bench.socket.fail(new MQTTError(140, "no trust", 7));
    expect(bench.errors).toMatchObject([{ code: 140, message: "no trust" }]);
    connected().socket.fail(new Error("not ours"));
    expect(bench.errors).toMatchObject([{ code: CONNECTION_LOST, message: "the connection was lost" }]);
  });
});

describe("an acknowledgement", () => {
  test("that just fits goes out at once, and one that does not waits until it does", () => {
    const { socket } = connected({}, 4);
    socket.deliver(...publish("x", 1, 1));
    expect(socket.written).toEqual([puback(1)]);
    socket.deliver(...publish("x", 1, 2));
    socket.take(3);
    expect(socket.written).toHaveLength(1);
    socket.take(4);
    expect(socket.written).toEqual([puback(1), puback(2)]);
  });

  test("goes out in the order of the messages, although a later one would fit", () => {
    const { socket } = connected({}, 0);
    socket.deliver(...publish("x", 1, 1));
    socket.free = 100;
    socket.deliver(...publish("x", 1, 2));
    expect(socket.written).toEqual([]);
    socket.take(100);
    expect(socket.written).toEqual([puback(1), puback(2)]);
  });

  test("waits with 15 others; with the 16th nothing more is read", () => {
    const { socket, events } = connected({}, 0);
    for (let id = 1; id <= 20; id++) socket.deliver(...publish("x", 1, id));
    expect(events).toHaveLength(16);
    socket.take(1000);
    expect(socket.written).toEqual(Array.from({ length: 20 }, (_, index) => puback(index + 1)));
  });

  test("that waits when the connection is lost is given up: what had arrived behind it is delivered", () => {
    const { socket, events } = connected({}, 0);
    const packets = Array.from({ length: 20 }, (_, index) => publish("x", 1, index + 1));
    socket.deliver(...packets.flat());
    expect(events).toHaveLength(16);
    socket.fail();
    expect(events.slice(16)).toEqual([
      ...Array.from({ length: 4 }, () => "readable t x"),
      `error ${CONNECTION_LOST}`,
      "close",
    ]);
  });

  test("follows the last fragment of a message at once", () => {
    const { client, socket } = connected();
    client.write(bytes("a"), { topic: "t", byteLength: 3 });
    socket.deliver(...publish("x", 1, 9));
    client.write(bytes("b"));
    expect(socket.written).toHaveLength(2);
    client.write(bytes("c"));
    expect(socket.written.slice(2)).toEqual([[0x63], puback(9)]);
  });

  test("never follows DISCONNECT [MQTT-3.14.4-2]", () => {
    const { client, socket } = connected({}, 3);
    socket.deliver(...publish("x", 1, 1));
    client.write(null, { operation: MQTTClient.DISCONNECT });
    socket.take(1000);
    expect(socket.written).toEqual([[0xe0, 0]]);
  });
});

describe("a fragment", () => {
  test("without bytes writes nothing", () => {
    const { client, socket } = connected();
    client.write(bytes("a"), { topic: "t", byteLength: 2 });
    client.write(new Uint8Array(0));
    expect(socket.written).toHaveLength(1);
    client.write(bytes("b"));
    expect(socket.written[1]).toEqual([0x62]);
  });
});

describe("a message", () => {
  test("that fills the shared buffer is one write", () => {
    const { client, socket } = connected({ bufferByteLength: 16 });
    client.write(bytes("12345678901"), { topic: "t" });
    expect(socket.written).toEqual([publish("12345678901")]);
  });

  test("that fills the socket is sent, again and prepared too", () => {
    const { client, socket } = connected({}, 6);
    const publisher = client.prepare({ topic: "t", payloadByteLength: 1 });
    for (const send of [() => client.write(bytes("x"), { topic: "t" }), () => publisher.write(bytes("x"))]) {
      socket.take(6);
      expect(send()).toBe(0);
    }
    socket.take(6);
    client.write(bytes("x"), { topic: "t" });
    expect(socket.written).toEqual([publish("x"), publish("x"), publish("x")]);
    expect(codeOf(() => publisher.write(bytes("x")))).toBe(BUFFER_FULL);
  });

  test("whose second part the socket refuses is over, and told of once", () => {
    const { client, socket, events } = connected({ bufferByteLength: 16 });
    socket.free = () => {
      throw new Error("not now");
    };
    client.write(new Uint8Array(100), { topic: "t" });
    clock.advance(1);
    expect(socket.written).toHaveLength(1);
    expect(events).toEqual([`error ${CONNECTION_LOST}`, "close"]);
    expect(bench.errors[0]?.message).toContain("not now");
  });

  test("of QoS 0 leaves nothing in flight, whichever way it is sent", () => {
    const session = new Session();
    const { client } = connected({ session });
    client.write(bytes("x"), { topic: "t" });
    client.sendMessage(bytes("x"), bytes("\0\x01t"), 1, 0, false, false, 0, undefined);
    client.send(Uint8Array.from(publish("x")), 6, 0, 0);
    client.prepare({ topic: "t", payloadByteLength: 1 }).write(bytes("x"));
    expect(session.inFlight).toBe(0);
  });
});

describe("what may be written", () => {
  test("is nothing before CONNACK, after DISCONNECT, and when little is left", () => {
    bench = new DirectBench();
    const { client, socket } = bench;
    expect(client.writable).toBe(0);
    socket.take(1000);
    expect(client.writable).toBe(0);
    socket.deliver(...CONNACK);
    expect(client.writable).toBe(1000 - 15 - 8);
    socket.take(5);
    expect(client.writable).toBe(0);
    socket.take(1000);
    client.write(null, { operation: MQTTClient.DISCONNECT });
    expect(client.writable).toBe(0);
    client.close();
    expect(client.writable).toBe(0);
  });

  test("is told only when it is something", () => {
    const { socket, events } = connected();
    socket.take(8);
    expect(events).toEqual([]);
    socket.take(9);
    expect(events).toEqual(["writable 1"]);
  });

  test("is not told after DISCONNECT, although it was written in the very callback of CONNACK", () => {
    bench = new DirectBench({
      onControl(this: MQTTClient, _opcode: number, _message) {
        this.write(null, { operation: MQTTClient.DISCONNECT });
      },
    });
    bench.socket.take(1000);
    bench.socket.deliver(...CONNACK);
    bench.socket.take(1000);
    expect(bench.events).toEqual([]);
  });
});

describe("after DISCONNECT", () => {
  test("what the socket holds is read, so that it closes in order (RFC 2525)", () => {
    const { client, socket } = connected({ bufferByteLength: 16, onReadable: () => {} });
    socket.deliver(...publish("x".repeat(100)));
    const { length } = socket.reads;
    client.write(null, { operation: MQTTClient.DISCONNECT });
    expect(socket.reads.slice(length)).toEqual([16, 16, 16, 16, 16, 9]);
    socket.deliver(...publish("x".repeat(11)));
    expect(socket.reads.slice(length + 6)).toEqual([16]);
    expect(client.read()).toBeUndefined();
  });

  test("a socket that holds nothing is not read", () => {
    const { client, socket } = connected();
    client.write(null, { operation: MQTTClient.DISCONNECT });
    expect(socket.reads).toEqual([]);
  });

  test("nothing can be published, prepared or not", () => {
    const { client, socket } = connected();
    const publisher = client.prepare({ topic: "t", payloadByteLength: 1 });
    client.write(bytes("x"), { topic: "t" });
    client.write(null, { operation: MQTTClient.DISCONNECT });
    expect(codeOf(() => publisher.write(bytes("x")))).toBe(NOT_CONNECTED);
    expect(codeOf(() => client.write(bytes("x"), { topic: "t" }))).toBe(NOT_CONNECTED);
    expect(socket.written).toHaveLength(2);
  });
});
