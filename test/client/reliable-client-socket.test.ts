import { afterEach, describe, expect, test } from "vitest";
import { DEADLINE, MUST } from "../../device/client/delivery";
import type { ReliableClientOptions } from "../../device/client/reliable-client";
import { clock } from "../support/timer";
import {
  puback,
  pubcomp,
  publish,
  pubrec,
  pubrel,
  RESUMED,
  ReliableDirectBench,
  suback,
} from "./direct-bench";
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

/** PUBLISH to "t" of a payload of so many "x", whose Remaining Length has two bytes. */
function large(length: number, QoS: 0 | 1, id: number = 1, flags: number = 0): number[] {
  const rest = 3 + (QoS > 0 ? 2 : 0) + length;
  const identifier = QoS > 0 ? [id >> 8, id & 255] : [];
  const payload = new Array<number>(length).fill(0x78);
  return [0x30 | (QoS << 1) | flags, (rest & 127) | 128, rest >> 7, 0, 1, 0x74, ...identifier, ...payload];
}

const text = (length: number): string => "x".repeat(length);

describe("a message in pieces", () => {
  test("is not broken into by others, although the socket says that it takes more", () => {
    const { client, socket } = online();
    socket.free = () => 100;
    client.publish("t", text(2000), { QoS: 1 });
    client.publish("t", "y", { QoS: 1 });
    client.subscribe("s");
    client.publish("t", "z");
    for (let count = 0; count < 30; count++) socket.take(100);
    const whole = large(2000, 1);
    expect(bench.sent.slice(0, whole.length)).toEqual(whole);
    expect(bench.sent.slice(whole.length)).toEqual([
      ...[0x82, 6, 0, 2, 0, 1, 0x73, 0],
      ...publish("y", 1, 3),
      ...publish("z"),
    ]);
  });

  test("is not broken into, although the socket calls back inside of write", () => {
    const { client, socket } = online({}, 0);
    client.publish("t", text(2000), { QoS: 1 });
    client.publish("t", "y", { QoS: 1 });
    client.subscribe("s");
    socket.free = () => {
      socket.options.onWritable.call(socket, socket.written.length < 40 ? 100 : 0);
      return 100;
    };
    for (let count = 0; count < 5; count++) socket.options.onWritable.call(socket, 100);
    expect(bench.sent).toEqual([0x82, 6, 0, 1, 0, 1, 0x73, 0, ...large(2000, 1, 2), ...publish("y", 1, 3)]);
  });

  test("is a message of over 1,024 bytes: a shorter one waits until the socket takes it whole", () => {
    const { client, socket } = online({}, 1031);
    client.publish("t", text(1024 - 8), { QoS: 1 });
    expect(socket.written).toEqual([]);
    socket.take(1032);
    expect(socket.written).toEqual([large(1024 - 8, 1)]);
    socket.take(100);
    client.publish("t", text(1025 - 8), { QoS: 1 });
    expect(socket.written[1]?.length).toBe(92);
  });

  test("is not delivered by an acknowledgement that comes before its end", () => {
    const { client, socket, events } = online({}, 500);
    const token = client.publish("t", text(2000), { QoS: 1 });
    socket.deliver(...puback(1));
    expect(events).toEqual(["connect"]);
    for (let count = 0; count < 30; count++) socket.take(100);
    expect(bench.sent).toEqual(large(2000, 1));
    socket.deliver(...puback(1));
    expect(events).toEqual(["connect", `delivered ${token}`]);
  });

  test("may meet a socket that refuses one: until that is told everything else waits, and nothing throws", () => {
    const { client, socket, events } = online({}, 500);
    client.publish("t", text(2000), { QoS: 1 });
    socket.free = () => {
      throw new Error("not now");
    };
    socket.options.onWritable.call(socket, 500);
    client.publish("t", "y");
    client.subscribe("s");
    expect([events, client.waiting]).toEqual([["connect"], 2]);
    clock.advance(0);
    expect(events).toEqual(["connect", "disconnect"]);
    bench.reconnect(5000, RESUMED);
    expect(bench.sent.slice(0, 3)).toEqual([0x82, 6, 0]);
    expect(bench.sent.slice(8)).toEqual([...large(2000, 1, 1, 8), ...publish("y")]);
  });

  test("of QoS 1 keeps its identifier through a cut, and no other is lost for it", () => {
    const { client } = online({ inFlight: 1 }, 500);
    const token = client.publish("t", text(2000), { QoS: 1 });
    bench.reconnect(5000, RESUMED);
    expect(bench.sent).toEqual(large(2000, 1, 1, 8));
    client.publish("t", "y", { QoS: 1 });
    bench.socket.deliver(...puback(1));
    expect(bench.events).toEqual(["connect", `delivered ${token}`]);
    expect(bench.socket.written.at(-1)).toEqual(publish("y", 1, 2));
  });

  test("of QoS 0 that was cut in its middle waits as if it were new, and gives way to a newer one", () => {
    const { client, events, socket } = online({}, 500);
    const token = client.publish("t", text(2000));
    expect(socket.written).toHaveLength(1);
    socket.fail();
    events.length = 0;
    client.publish("t", "newer");
    expect(events).toEqual([`dropped ${token} 205`]);
    bench.reconnect(5000, RESUMED);
    expect(bench.sent).toEqual(publish("newer"));
  });

  test("of QoS 0 behind another that waits begins anew after a cut", () => {
    const { client } = online({ inFlight: 1 }, 500);
    client.publish("t", "1", { QoS: 1 });
    client.publish("t", text(2000));
    bench.reconnect(5000, RESUMED);
    expect(bench.sent).toEqual([...publish("1", 1, 1, 8), ...large(2000, 0)]);
  });
});

describe("after a cut", () => {
  test("PUBREL and PUBLISH go out at once, in the order of the messages", () => {
    const { client, socket } = online();
    client.publish("t", "1", { QoS: 2 });
    client.publish("t", "2", { QoS: 1 });
    client.publish("t", "3", { QoS: 2 });
    client.publish("t", "4", { QoS: 2 });
    socket.deliver(...pubrec(1), ...pubrec(4));
    bench.reconnect(1000, RESUMED);
    expect(bench.socket.written).toEqual([
      pubrel(1),
      publish("2", 1, 2, 8),
      publish("3", 2, 3, 8),
      pubrel(4),
    ]);
    bench.reconnect(1000, RESUMED);
    expect(bench.socket.written).toEqual([
      pubrel(1),
      publish("2", 1, 2, 8),
      publish("3", 2, 3, 8),
      pubrel(4),
    ]);
  });

  test("PUBREL does not wait for what keeps a PUBLISH before it, but for the socket", () => {
    const { client, socket } = online();
    client.publish("t", text(200), { QoS: 1 });
    for (const payload of ["1", "2", "3"]) client.publish("t", payload, { QoS: 2 });
    socket.deliver(...pubrec(2), ...pubrec(3), ...pubrec(4));
    bench.reconnect(100, RESUMED);
    expect(bench.socket.written).toEqual([pubrel(2), pubrel(3), pubrel(4)]);
    bench.reconnect(8 + 5, RESUMED);
    expect(bench.socket.written).toEqual([pubrel(2), pubrel(3)]);
    bench.socket.take(8);
    expect(bench.socket.written).toHaveLength(2);
    bench.socket.take(9);
    expect(bench.socket.written.slice(2)).toEqual([pubrel(4)]);
    bench.socket.take(1000);
    expect(bench.socket.written.slice(3)).toEqual([large(200, 1, 1, 8)]);
  });

  test("PUBREL waits when the socket takes nothing, and so does what stands behind it", () => {
    const { client, socket } = online();
    client.publish("t", "1", { QoS: 2 });
    client.publish("t", "2", { QoS: 1 });
    socket.deliver(...pubrec(1));
    bench.reconnect(3, RESUMED);
    expect(bench.socket.written).toEqual([]);
    bench.socket.take(100);
    expect(bench.socket.written).toEqual([pubrel(1), publish("2", 1, 2, 8)]);
  });

  test("PUBREL does not go into the middle of a message that is sent again in pieces", () => {
    const { client, socket } = online({}, 5000);
    client.publish("t", text(2000), { QoS: 1 });
    client.publish("t", "1", { QoS: 2 });
    socket.deliver(...pubrec(2));
    socket.fail();
    clock.advance(500);
    const next = bench.socket;
    next.take(1000);
    next.written.length = 0;
    next.free = () => 100;
    next.options.onWritable.call(next, 100);
    next.deliver(...RESUMED);
    for (let count = 0; count < 30; count++) next.take(100);
    expect(bench.sent).toEqual([...large(2000, 1, 1, 8), ...pubrel(2)]);
  });

  test("a PUBCOMP that is quicker than PUBREL ends its exchange", () => {
    const { client, socket } = online();
    const token = client.publish("t", "1", { QoS: 2 });
    socket.deliver(...pubrec(1));
    bench.reconnect(0, RESUMED);
    bench.socket.deliver(...pubcomp(1));
    expect(bench.events).toEqual(["connect", `delivered ${token}`]);
    bench.socket.take(100);
    expect(bench.socket.written).toEqual([]);
  });

  test("without a session, what was sent is new, behind a message whose deadline has passed too", () => {
    const { client } = online();
    const first = client.publish("t", "1", { QoS: 1, delivery: DEADLINE, deadline: 100 });
    const second = client.publish("t", "2", { QoS: 1, delivery: DEADLINE, deadline: 100 });
    client.publish("t", "3", { QoS: 1 });
    client.publish("t", "4", { delivery: MUST });
    client.publish("t", "5", { QoS: 2, delivery: MUST });
    clock.advance(200);
    bench.reconnect();
    expect(bench.events).toEqual([`dropped ${first} 206`, `dropped ${second} 206`, "connect"]);
    expect(bench.socket.written).toEqual([publish("3", 1, 5), publish("5", 2, 6)]);
  });

  test("what waits is not lost, nor changed, when the broker has no session", () => {
    const { client, socket } = online();
    socket.fail();
    client.publish("t", "1", { delivery: MUST });
    client.publish("t", "2", { QoS: 1, delivery: MUST });
    bench.reconnect();
    expect(bench.socket.written).toEqual([publish("1"), publish("2", 1, 1)]);
  });

  test("a message that is dropped then may be replaced in onDropped, behind the subscriptions", () => {
    const { client } = online({
      onDropped() {
        this.publish("t", "instead");
      },
    });
    client.subscribe("s");
    client.publish("t", "1", { QoS: 1, delivery: DEADLINE, deadline: 100 });
    clock.advance(200);
    bench.reconnect();
    expect(bench.socket.written).toEqual([[0x82, 6, 0, 3, 0, 1, 0x73, 0], publish("instead")]);
  });
});

describe("an acknowledgement", () => {
  test("of nothing that was sent changes nothing", () => {
    const { client, socket, events } = online({ inFlight: 1 });
    const token = client.publish("t", "1", { QoS: 1, delivery: MUST });
    client.publish("t", "2", { QoS: 1, delivery: MUST });
    socket.deliver(...puback(77), ...pubrec(77), ...pubcomp(77), ...pubcomp(1), ...pubrec(1));
    expect(events).toEqual(["connect"]);
    expect(client.waiting).toBe(2);
    socket.deliver(...puback(1));
    expect(events).toEqual(["connect", `delivered ${token}`]);
    expect(socket.written.at(-1)).toEqual(publish("2", 1, 2));
  });
});

describe("the order", () => {
  test("is kept when as many are in flight as may be: QoS 0 and a stream wait too", () => {
    const { client, socket, events } = online({ inFlight: 1 });
    client.publish("t", "1", { QoS: 1 });
    client.publish("t", "2", { QoS: 1 });
    client.publish("t", "3");
    client.stream("t", bytes("4"), { onComplete: () => void events.push("complete") });
    expect(socket.written).toEqual([publish("1", 1, 1)]);
    socket.deliver(...puback(1));
    expect(socket.written.slice(1)).toEqual([publish("2", 1, 2), publish("3"), publish("4")]);
    clock.advance(1);
    expect(events.slice(-1)).toEqual(["complete"]);
  });

  test("is kept when the socket takes only a later one", () => {
    const { client, socket } = online({}, 50);
    client.publish("t", text(100));
    client.publish("t", "y");
    expect(socket.written).toEqual([]);
    socket.take(8 + 105);
    expect(socket.written).toEqual([publish(text(100))]);
  });
});

describe("what arrives", () => {
  test("in pieces comes whole to onMessage", () => {
    const { socket, events } = online();
    const message = publish("abcdefghij", 1, 1);
    for (let start = 0; start < message.length; start += 2)
      socket.deliver(...message.slice(start, start + 2));
    socket.deliver(...publish(""), ...publish("z"));
    expect(events).toEqual(["connect", "message t abcdefghij", "message t ", "message t z"]);
  });

  test("and is too long is read to its end, in pieces of what there is room for", () => {
    const { socket, events } = online({ messageByteLength: 8, bufferByteLength: 16 });
    socket.deliver(...publish(text(100)), ...publish(text(8)));
    expect(events).toEqual(["connect", "error 200", "message t xxxxxxxx"]);
  });

  test("and is too long ends with the connection when the socket fails in its middle", () => {
    const { socket, events } = online({ messageByteLength: 8, bufferByteLength: 16 });
    const whole = publish(text(100));
    socket.deliver(...whole.slice(0, 16));
    socket.broken = new Error("no memory");
    socket.deliver(...whole.slice(16));
    clock.advance(1);
    expect(events).toEqual(["connect", "disconnect"]);
  });
});

describe("subscriptions", () => {
  test("go out in one turn, eight in a packet", () => {
    bench = new ReliableDirectBench();
    for (let index = 0; index < 50; index++) bench.client.subscribe(`${index}`);
    bench.connect(5000);
    expect(bench.socket.written.map(([first]) => first)).toEqual(new Array(7).fill(0x82));
  });

  test("wait for the socket, and so do ends of them", () => {
    const { client, socket } = online({}, 10);
    client.subscribe("a");
    expect(socket.written).toEqual([]);
    socket.take(1000);
    expect(socket.written).toEqual([[0x82, 6, 0, 1, 0, 1, 0x61, 0]]);
    socket.deliver(...suback(1, 0));
    socket.take(10);
    client.unsubscribe("a");
    expect(socket.written).toHaveLength(1);
    socket.take(1000);
    expect(socket.written[1]).toEqual([0xa2, 5, 0, 2, 0, 1, 0x61]);
  });

  test("that were not sent, as the socket was full, are forgotten without a word", () => {
    const { client } = online();
    client.subscribe("a");
    bench.reconnect(10);
    client.unsubscribe("a");
    bench.socket.take(1000);
    expect(bench.socket.written).toEqual([]);
  });
});
