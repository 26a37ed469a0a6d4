import { afterEach, describe, expect, test } from "vitest";
import { MUST } from "../../device/client/delivery";
import type { ReliableClientOptions } from "../../device/client/reliable-client";
import { clock } from "../support/timer";
import { CONNACK, publish, ReliableDirectBench } from "./direct-bench";
import { bytes } from "./mqtt-client-bench";

let bench: ReliableDirectBench;

function online(options: Partial<ReliableClientOptions> = {}, free: number = 1000): ReliableDirectBench {
  bench = new ReliableDirectBench(options).connect(free);
  return bench;
}

afterEach(() => {
  bench.end();
  expect(clock.pending).toBe(0);
});

const text = (length: number): string => "x".repeat(length);

describe("QoS 0", () => {
  test("goes past the outbox, which may be smaller than the message, if the shared buffer takes it", () => {
    const { client, socket, events } = online({ outboxByteLength: 64, bufferByteLength: 128 }, 8 + 128);
    client.publish("t", text(128 - 6));
    expect(socket.written).toEqual([publish(text(128 - 6))]);
    clock.advance(1);
    expect(events).toEqual(["connect", "delivered 1"]);
    socket.take(1000);
    client.publish("t", text(128 - 5));
    expect(events.at(-1)).toBe("dropped 2 203");
    expect(client.waiting).toBe(0);
  });

  test("beyond the shared buffer goes through the outbox, with one write", () => {
    const { client, socket } = online({ bufferByteLength: 64 });
    client.publish("t", text(100));
    expect(socket.written).toEqual([publish(text(100))]);
  });

  test("waits for the socket: what it cannot take now is no error", () => {
    const { client, socket } = online({}, 90);
    const topic = text(50);
    client.publish(topic, text(40));
    expect([socket.written.length, client.waiting]).toEqual([0, 1]);
    socket.take(1000);
    expect(socket.written[0]?.length).toBe(2 + 2 + 50 + 40);
  });

  test("leaves nothing in flight", () => {
    const { client, socket } = online({ inFlight: 1 });
    client.prepare({ topic: "t", payloadByteLength: 1 }).write(bytes("1"));
    client.publish("t", "2");
    client.publish("t", text(300));
    client.publish("t", "3", { QoS: 1 });
    expect(socket.written.at(-1)).toEqual(publish("3", 1, 1));
  });
});

describe("a prepared message", () => {
  test("goes past the outbox however long it is, with one write, and neither RETAIN nor DUP", () => {
    const { client, socket, events } = online({ outboxByteLength: 64, bufferByteLength: 64 }, 8 + 105);
    const publisher = client.prepare({ topic: "t", payloadByteLength: 100 });
    publisher.write(bytes(text(100)));
    expect(socket.written).toEqual([publish(text(100))]);
    clock.advance(1);
    expect(events).toEqual(["connect", "delivered 1"]);
  });

  test("waits when the socket does not take it, before CONNACK, and offline", () => {
    bench = new ReliableDirectBench();
    const { client } = bench;
    const publisher = client.prepare({ topic: "t", delivery: MUST, payloadByteLength: 1 });
    publisher.write(bytes("1"));
    bench.socket.take(1000);
    publisher.write(bytes("2"));
    bench.socket.deliver(...CONNACK);
    expect(bench.socket.written.slice(1)).toEqual([publish("1"), publish("2")]);
    bench.socket.take(8 + 5);
    publisher.write(bytes("3"));
    expect([bench.socket.written.length, client.waiting]).toEqual([3, 1]);
    bench.socket.fail();
    publisher.write(bytes("4"));
    bench.reconnect();
    expect(bench.socket.written).toEqual([publish("3"), publish("4")]);
  });

  test("may be text, as publish takes it", () => {
    const { client, socket } = online();
    client.prepare({ topic: "t", payloadByteLength: 2 }).write("ab" as never);
    expect(socket.written).toEqual([publish("ab")]);
  });
});
