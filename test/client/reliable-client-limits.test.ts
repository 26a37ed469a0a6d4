import { afterEach, describe, expect, test } from "vitest";
import { DEADLINE, MUST } from "../../device/client/delivery";
import { nextToken } from "../../device/client/reliable/enqueue";
import type { ReliableState } from "../../device/client/reliable/reliable-state";
import type { ReliableClientOptions } from "../../device/client/reliable-client";
import { CLIENT_CLOSED, DEADLINE_PASSED, OUTBOX_FULL, SUPERSEDED } from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { CONNACK, puback, publish, ReliableDirectBench } from "./direct-bench";
import { bytes } from "./mqtt-client-bench";

let bench: ReliableDirectBench;

function online(options: Partial<ReliableClientOptions> = {}, free: number = 1000): ReliableDirectBench {
  bench = new ReliableDirectBench(options).connect(free);
  return bench;
}

/** Connected once, then lost; there is no next connection before `reconnect`. */
function offline(options: Partial<ReliableClientOptions> = {}): ReliableDirectBench {
  online({ minimumDelay: 1000, ...options });
  bench.socket.fail();
  bench.events.length = 0;
  return bench;
}

afterEach(() => {
  bench.end();
  expect(clock.pending).toBe(0);
});

/** A payload that, to topic "t" at QoS 1, takes so many bytes of the outbox. */
const filling = (byteLength: number): string => "x".repeat(byteLength - 12 - 7);

describe("the outbox", () => {
  test("takes a message that fills it exactly, and one that fills what is left", () => {
    const { client, events } = offline({ outboxByteLength: 64 });
    client.publish("t", filling(64), { QoS: 1, delivery: MUST });
    expect([client.waiting, events]).toEqual([1, []]);
    bench.end();
    offline({ outboxByteLength: 64 });
    bench.client.publish("t", filling(40), { QoS: 1, delivery: MUST });
    bench.client.publish("t", filling(24), { QoS: 1, delivery: MUST });
    expect([bench.client.waiting, bench.events]).toEqual([2, []]);
  });

  test("drops no more than it must to make room, and all that it may", () => {
    const { client, events } = offline({ outboxByteLength: 64 });
    for (const topic of ["a", "b"]) client.publish(topic, filling(20), { QoS: 1 });
    client.publish("c", filling(24), { QoS: 1 });
    client.publish("d", filling(20), { QoS: 1 });
    expect(events).toEqual([`dropped 1 ${OUTBOX_FULL}`]);
    client.publish("e", filling(64), { QoS: 1 });
    expect(events.slice(1)).toEqual([2, 3, 4].map((token) => `dropped ${token} ${OUTBOX_FULL}`));
    expect(client.waiting).toBe(1);
  });

  test("drops nothing for a message that would not fit all the same", () => {
    const { client, events } = offline({ outboxByteLength: 64 });
    client.publish("a", filling(20), { QoS: 1 });
    client.publish("b", filling(24), { QoS: 1, delivery: MUST });
    client.publish("c", filling(20), { QoS: 1 });
    client.publish("d", filling(41), { QoS: 1 });
    expect(events).toEqual([`dropped 4 ${OUTBOX_FULL}`]);
    client.publish("e", filling(40), { QoS: 1 });
    expect(events.slice(1)).toEqual([`dropped 1 ${OUTBOX_FULL}`, `dropped 3 ${OUTBOX_FULL}`]);
  });

  test("keeps what is sent: it makes room for nothing, connected or not", () => {
    const { client, events, socket } = online({ outboxByteLength: 64 });
    client.publish("t", filling(40), { QoS: 1 });
    client.publish("t", filling(30), { QoS: 1 });
    expect(events).toEqual(["connect", `dropped 2 ${OUTBOX_FULL}`]);
    socket.fail();
    client.publish("t", filling(30), { QoS: 1 });
    expect(events.slice(2)).toEqual(["disconnect", `dropped 3 ${OUTBOX_FULL}`]);
    bench.reconnect();
    bench.socket.deliver(...puback(2));
    expect(events.slice(-1)).toEqual(["delivered 1"]);
  });

  test("makes room while connected too", () => {
    const { client, events, socket } = online({ outboxByteLength: 64, inFlight: 1 });
    client.publish("t", filling(20), { QoS: 1 });
    client.publish("t", filling(30), { QoS: 1 });
    client.publish("t", filling(40), { QoS: 1 });
    expect(events).toEqual(["connect", `dropped 2 ${OUTBOX_FULL}`]);
    socket.deliver(...puback(1));
    expect(socket.written.at(-1)?.length).toBe(40 - 12);
  });
});

describe("a newer message", () => {
  test("takes the place of none when it is MUST or has a deadline, nor of one that is", () => {
    const { client, events } = offline();
    client.publish("t", "1");
    client.publish("t", "2", { delivery: MUST });
    client.publish("t", "3", { delivery: DEADLINE, deadline: 9000 });
    expect(events).toEqual([]);
    client.publish("t", "4");
    expect(events).toEqual([`dropped 1 ${SUPERSEDED}`]);
    bench.reconnect();
    expect(bench.socket.written).toEqual(["2", "3", "4"].map((payload) => publish(payload)));
  });

  test("takes the place of those of its topic alone when an outage begins", () => {
    const { client, events, socket } = online({ inFlight: 1 });
    for (const topic of ["t", "a", "b", "a", "t"]) client.publish(topic, "x", { QoS: 1 });
    client.publish("b", "x", { QoS: 1, delivery: MUST });
    socket.fail();
    expect(events).toEqual(["connect", `dropped 2 ${SUPERSEDED}`, "disconnect"]);
  });
});

describe("a deadline", () => {
  test("is forgotten when the message is delivered", () => {
    const { client, events, socket } = online();
    const { pending } = clock;
    client.publish("t", "x", { QoS: 1, delivery: DEADLINE, deadline: 1000 });
    client.publish("t", "y", { delivery: DEADLINE, deadline: 1000 });
    socket.deliver(...puback(1));
    clock.advance(1);
    expect(clock.pending).toBe(pending);
    clock.advance(2000);
    expect(events).toEqual(["connect", "delivered 1", "delivered 2"]);
  });

  test.each([
    [100, 9000],
    [9000, 100],
  ])("of %i ms, and another of %i ms: one passes, the other stays, and close ends it", (first, second) => {
    const { client, events } = offline();
    client.publish("a", "x", { delivery: DEADLINE, deadline: first });
    client.publish("b", "x", { delivery: DEADLINE, deadline: second });
    clock.advance(100);
    expect(events).toEqual([`dropped ${first < second ? 1 : 2} ${DEADLINE_PASSED}`]);
    client.close();
    expect(events[1]).toBe(`dropped ${first < second ? 2 : 1} ${CLIENT_CLOSED}`);
    expect(clock.pending).toBe(0);
  });

  test("that passed while the message was under way does not end the one of another", () => {
    const { client, events, socket } = online();
    client.publish("a", "x", { QoS: 1, delivery: DEADLINE, deadline: 100 });
    client.publish("b", "x", { QoS: 1, delivery: DEADLINE, deadline: 200 });
    clock.advance(100);
    socket.deliver(...puback(2));
    clock.advance(100);
    socket.deliver(...puback(1));
    expect(events).toEqual(["connect", "delivered 2", "delivered 1"]);
  });
});

describe("reports", () => {
  test("of QoS 0 wait for the next turn, but not more than 32 of them", () => {
    const { client, events } = online();
    const delivered = (): number => events.filter((event) => event.startsWith("delivered")).length;
    for (let count = 0; count < 32; count++) client.publish("t", "x");
    expect(delivered()).toBe(0);
    for (let count = 0; count < 8; count++) client.publish("t", "x");
    expect(delivered()).toBe(8);
    clock.advance(0);
    expect(events.slice(1)).toEqual(Array.from({ length: 40 }, (_, index) => `delivered ${index + 1}`));
  });

  test("are never called inside of one another", () => {
    let depth = 0;
    let deepest = 0;
    let count = 0;
    online({
      onDelivered() {
        depth += 1;
        deepest = Math.max(deepest, depth);
        if (count++ === 0) for (let index = 0; index < 40; index++) this.publish("t", "x");
        depth -= 1;
      },
    });
    bench.client.publish("t", "x");
    clock.advance(10);
    expect([count, deepest]).toEqual([41, 1]);
  });

  test("that are due when one of them closes the client are made by close", () => {
    const calls: string[] = [];
    let returned = false;
    online({
      onDelivered(token) {
        calls.push(`delivered ${token} ${returned}`);
        if (token !== 1) return;
        this.close();
        returned = true;
      },
    });
    for (let count = 0; count < 3; count++) bench.client.publish("t", "x");
    clock.advance(10);
    expect(calls).toEqual(["delivered 1 false", "delivered 2 false", "delivered 3 false"]);
  });

  test("of messages dropped together are all made by close, too, when the first closes", () => {
    const calls: string[] = [];
    let closed = false;
    offline({
      outboxByteLength: 64,
      onDropped(token) {
        calls.push(`${token} ${closed}`);
        if (token !== 1) return;
        this.close();
        closed = true;
      },
    });
    for (const topic of ["a", "b", "c"]) bench.client.publish(topic, filling(20), { QoS: 1 });
    bench.client.publish("d", filling(64), { QoS: 1 });
    expect(calls).toEqual(["1 false", "2 false", "3 false", "4 false"]);
  });

  test("leave no turn to be waited for when nobody wants them", () => {
    online({ onDelivered: undefined as never });
    const { pending } = clock;
    bench.client.publish("t", "x");
    bench.client.prepare({ topic: "t", payloadByteLength: 1 }).write(bytes("x"));
    expect(clock.pending).toBe(pending);
  });
});

describe("a client with no callback at all", () => {
  const none = Object.fromEntries(
    ["onConnect", "onDisconnect", "onError", "onMessage", "onDelivered", "onDropped"].map((name) => [
      name,
      undefined,
    ]),
  );

  test("delivers, drops, receives, skips, reconnects and closes", () => {
    online({ ...none, messageByteLength: 8, outboxByteLength: 64 });
    const { client, socket } = bench;
    client.publish("t", "x", { QoS: 1 });
    client.publish("t", "y");
    client.publish("t", "x".repeat(100), { QoS: 1 });
    client.subscribe("s");
    socket.deliver(...puback(1), 0x90, 3, 0, 2, 0x80);
    socket.deliver(...publish("in"), ...publish("too long for it"));
    // A topic over the limit of the header.
    socket.deliver(0x30, 0xaf, 2, 1, 44, ...new Array(300).fill(0x74), 0x78);
    expect(client.waiting).toBe(0);
    socket.fail();
    clock.advance(500);
    bench.socket.fail();
    bench.reconnect();
    expect(client.connected).toBe(true);
    client.publish("t", "x", { QoS: 1 });
  });
});

describe("what the client says of itself", () => {
  test("is whether it is connected, how often it was again, and what waits", () => {
    bench = new ReliableDirectBench();
    const { client } = bench;
    expect([client.connected, client.reconnects, client.waiting, client.version]).toEqual([false, 0, 0, 4]);
    expect([client.limits, "target" in client]).toEqual([undefined, false]);
    bench.connect();
    expect([client.connected, client.reconnects]).toEqual([true, 0]);
    bench.socket.fail();
    expect([client.connected, client.limits]).toEqual([false, undefined]);
    bench.reconnect();
    expect([client.connected, client.reconnects]).toEqual([true, 1]);
    client.close();
    expect([client.connected, client.limits]).toEqual([false, undefined]);
  });

  test("tokens begin anew with 1 after 4,294,967,295", () => {
    const state = { lastToken: 0xffff_fffe } as ReliableState;
    expect([nextToken(state), nextToken(state), nextToken(state)]).toEqual([0xffff_ffff, 1, 2]);
    bench = new ReliableDirectBench();
  });
});

describe("flush", () => {
  test("counts a stream with the messages", () => {
    const { client, socket } = online();
    const counts: number[] = [];
    client.publish("t", "x", { QoS: 1 });
    client.stream("t", bytes("y"), { QoS: 1, onComplete() {} });
    client.flush(100, (count) => void counts.push(count));
    clock.advance(100);
    expect(counts).toEqual([2]);
    client.flush(100, (count) => void counts.push(count));
    socket.deliver(...puback(1));
    clock.advance(1);
    expect(counts).toEqual([2]);
    socket.deliver(...puback(2));
    clock.advance(1);
    expect(counts).toEqual([2, 0]);
  });

  test("ends with the last prepared message, although nobody hears of deliveries", () => {
    const { client } = online({ onDelivered: undefined as never });
    const counts: number[] = [];
    const publisher = client.prepare({ topic: "t", payloadByteLength: 1 });
    client.flush(1000, (count) => void counts.push(count));
    publisher.write(bytes("x"));
    clock.advance(1);
    expect(counts).toEqual([0]);
  });
});

describe("close", () => {
  test("inside of onDropped, while the connection begins, ends it: nothing more is told, and DISCONNECT alone is sent", () => {
    const told: string[] = [];
    online({
      onDropped(token) {
        told.push(`dropped ${token}`);
        this.close();
      },
      onConnect: () => void told.push("connect"),
    });
    bench.client.subscribe("s");
    bench.client.publish("t", "1", { QoS: 1, delivery: DEADLINE, deadline: 100 });
    clock.advance(200);
    told.length = 0;
    bench.reconnect();
    expect(told).toEqual(["dropped 1"]);
    expect(bench.client.connected).toBe(false);
    expect(bench.socket.written).toEqual([[0xe0, 0]]);
  });

  test("inside of onDropped, when the connection is lost, is followed by no onDisconnect", () => {
    const told: string[] = [];
    online({
      inFlight: 1,
      onDropped() {
        this.close();
      },
      onDisconnect: () => void told.push("disconnect"),
    });
    for (const payload of ["1", "2", "3"]) bench.client.publish("t", payload, { QoS: 1 });
    bench.socket.fail();
    expect(told).toEqual([]);
    expect(clock.pending).toBe(0);
  });

  test("sends DISCONNECT if the socket takes it, and closes in any case", () => {
    for (const [free, sent] of [
      [2, [[0xe0, 0]]],
      [1, []],
    ] as const) {
      const { client, socket } = online({}, free);
      client.close();
      expect([socket.written, socket.closed]).toEqual([sent, 1]);
    }
  });
});

test("reconnect does nothing while there is a connection or an attempt, and does not wait otherwise", () => {
  bench = new ReliableDirectBench();
  const { client, network } = bench;
  client.reconnect();
  expect(network.sockets).toHaveLength(1);
  bench.connect();
  client.reconnect();
  expect(network.sockets).toHaveLength(1);
  bench.socket.fail();
  client.reconnect();
  expect(network.sockets).toHaveLength(2);
  bench.connect(1000, CONNACK);
  clock.advance(5000);
  expect(network.sockets).toHaveLength(2);
});
