import { afterEach, describe, expect, test } from "vitest";
import { MUST } from "../../device/client/delivery";
import type { ReliableClientOptions } from "../../device/client/reliable-client";
import { CONNECTION_LOST } from "../../device/mqtt/mqtt-error";
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

/** SUBSCRIBE and UNSUBSCRIBE of Topic Filters of one letter. */
const subscribe = (id: number, topicFilters: string, QoS: number = 0): number[] => [
  ...[0x82, 2 + 4 * topicFilters.length, id >> 8, id & 255],
  ...[...topicFilters].flatMap((letter) => [0, 1, letter.charCodeAt(0), QoS]),
];
const unsubscribe = (id: number, topicFilters: string): number[] => [
  ...[0xa2, 2 + 3 * topicFilters.length, id >> 8, id & 255],
  ...[...topicFilters].flatMap((letter) => [0, 1, letter.charCodeAt(0)]),
];
const unsuback = (id: number): number[] => [0xb0, 2, id >> 8, id & 255];

describe("a subscription", () => {
  test("that has ended is not ended again", () => {
    const { client, socket } = online();
    client.subscribe("a");
    socket.deliver(...suback(1, 0));
    client.unsubscribe("a");
    socket.deliver(...unsuback(2));
    bench.reconnect(1000, RESUMED);
    expect(bench.socket.written).toEqual([]);
  });

  test("whose end was not acknowledged is ended again, and the others are not", () => {
    const { client, socket } = online();
    for (const topicFilter of ["a", "b", "c"]) client.subscribe(topicFilter);
    socket.deliver(...suback(1, 0), ...suback(2, 0), ...suback(3, 0));
    client.unsubscribe("a");
    client.unsubscribe("b");
    socket.deliver(...unsuback(4));
    bench.reconnect(1000, RESUMED);
    expect(bench.socket.written).toEqual([unsubscribe(6, "b")]);
  });

  test("of which nobody has asked the broker is forgotten without a word, also when a session is present", () => {
    bench = new ReliableDirectBench();
    bench.client.subscribe("a");
    bench.client.unsubscribe("a");
    bench.connect(1000, RESUMED);
    expect(bench.socket.written).toEqual([]);
  });

  test("that was changed offline, and then ended, is ended at the broker", () => {
    const { client, socket } = online();
    client.subscribe("a");
    socket.deliver(...suback(1, 0));
    socket.fail();
    client.subscribe("a", 2);
    client.unsubscribe("a");
    bench.reconnect(1000, RESUMED);
    expect(bench.socket.written).toEqual([unsubscribe(2, "a")]);
  });

  test("that was ended and wanted again offline is there", () => {
    const { client, socket } = online();
    client.subscribe("a", 1);
    socket.deliver(...suback(1, 1));
    socket.fail();
    client.unsubscribe("a");
    client.subscribe("a", 1);
    bench.reconnect(1000, RESUMED);
    expect(bench.socket.written).toEqual([subscribe(2, "a", 1)]);
    bench.socket.deliver(...suback(2, 1));
    bench.reconnect();
    expect(bench.socket.written).toEqual([subscribe(3, "a", 1)]);
  });

  test("that is wanted again while its end is under way outlives the acknowledgement of the end", () => {
    const { client, socket } = online();
    client.subscribe("a");
    socket.deliver(...suback(1, 0));
    client.unsubscribe("a");
    client.subscribe("a");
    expect(socket.written).toEqual([subscribe(1, "a"), unsubscribe(2, "a"), subscribe(3, "a")]);
    socket.deliver(...unsuback(2), ...suback(3, 0));
    bench.reconnect();
    expect(bench.socket.written).toEqual([subscribe(4, "a")]);
  });

  test("that ended offline is not asked for when the broker has lost the session", () => {
    const { client, socket } = online();
    client.subscribe("a");
    client.subscribe("b");
    socket.deliver(...suback(1, 0), ...suback(2, 0));
    socket.fail();
    client.unsubscribe("a");
    bench.reconnect();
    expect(bench.socket.written).toEqual([subscribe(3, "b")]);
  });

  test("whose packet was not acknowledged is asked for again in the same session, those of other packets are not", () => {
    bench = new ReliableDirectBench();
    for (const topicFilter of "abcdefghi") bench.client.subscribe(topicFilter);
    bench.connect();
    expect(bench.socket.written).toEqual([subscribe(1, "abcdefgh"), subscribe(2, "i")]);
    bench.socket.deliver(...suback(1, 0, 0, 0, 0, 0, 0, 0, 0));
    bench.reconnect(1000, RESUMED);
    expect(bench.socket.written).toEqual([subscribe(3, "i")]);
  });

  test("is neither settled nor ended by an acknowledgement of the other kind", () => {
    const { client, socket } = online();
    client.subscribe("a");
    socket.deliver(...unsuback(1));
    bench.reconnect(1000, RESUMED);
    expect(bench.socket.written).toEqual([subscribe(2, "a")]);
    bench.socket.deliver(...suback(2, 0));
    client.unsubscribe("a");
    bench.socket.deliver(...suback(3, 0));
    bench.reconnect(1000, RESUMED);
    expect(bench.socket.written).toEqual([unsubscribe(4, "a")]);
  });

  test("is not ended by a PUBREL that has the identifier of its end", () => {
    const { client, socket } = online();
    client.subscribe("a");
    socket.deliver(...suback(1, 0));
    client.unsubscribe("a");
    socket.deliver(...publish("x", 2, 2), ...pubrel(2));
    bench.reconnect(1000, RESUMED);
    expect(bench.socket.written).toEqual([unsubscribe(3, "a")]);
  });

  test("that is asked for twice in the same words is sent once", () => {
    const { client, socket } = online();
    client.subscribe("a");
    client.subscribe("a");
    socket.deliver(...suback(1, 0));
    client.subscribe("a", 0);
    expect(socket.written).toEqual([subscribe(1, "a")]);
  });

  test("waits for an identifier when as much is under way as may be", () => {
    const { client, socket } = online({ inFlight: 255, outboxByteLength: 10_000 }, 10_000);
    for (let count = 0; count < 255; count++) client.publish("t", "x", { QoS: 1 });
    client.subscribe("a");
    client.subscribe("b");
    expect(socket.written.at(-1)).toEqual(subscribe(256, "a"));
    socket.deliver(...puback(1));
    expect(socket.written.at(-1)).toEqual(subscribe(257, "b"));
  });
});

describe("a stream", () => {
  interface Streamed {
    completed: (number | undefined)[];
  }

  function stream(payload: Uint8Array, QoS: 0 | 1): Streamed {
    const streamed: Streamed = { completed: [] };
    const onComplete = (error?: { code: number }): void => void streamed.completed.push(error?.code);
    bench.client.stream("t", payload, { QoS, onComplete });
    return streamed;
  }

  const payload = new Uint8Array(2000).fill(0x78);

  test("is not broken into by others, although the socket says that it takes more", () => {
    const { client, socket } = online();
    socket.free = () => 100;
    const { completed } = stream(payload, 0);
    client.publish("t", "1");
    client.publish("t", "2", { QoS: 1 });
    client.subscribe("a");
    for (let count = 0; count < 30; count++) socket.take(100);
    expect(bench.sent.slice(0, 3)).toEqual([0x30, 0xd3, 0x0f]);
    expect(bench.sent.slice(3 + 3 + 2000)).toEqual([
      ...subscribe(1, "a"),
      ...publish("1"),
      ...publish("2", 1, 2),
    ]);
    clock.advance(1);
    expect(completed).toEqual([undefined]);
  });

  test("of QoS 1 keeps nobody waiting when it is written and not acknowledged", () => {
    const { client, socket } = online({}, 5000);
    const { completed } = stream(payload, 1);
    client.publish("t", "1");
    client.publish("t", "2", { QoS: 1 });
    expect(socket.written.slice(-2)).toEqual([publish("1"), publish("2", 1, 2)]);
    expect(completed).toEqual([]);
    socket.deliver(...puback(2));
    expect(completed).toEqual([]);
    socket.deliver(...pubrec(1), ...pubcomp(1));
    expect(completed).toEqual([]);
    socket.deliver(...puback(1));
    expect(completed).toEqual([undefined]);
  });

  test("of QoS 1 is not complete by an acknowledgement that comes before its end", () => {
    const { socket } = online({}, 500);
    const { completed } = stream(payload, 1);
    socket.deliver(...puback(1));
    expect(completed).toEqual([]);
    for (let count = 0; count < 5; count++) socket.take(500);
    expect(completed).toEqual([]);
    socket.deliver(...puback(1));
    expect(completed).toEqual([undefined]);
  });

  test("of QoS 1 without payload is sent once", () => {
    const { client, socket } = online();
    const { completed } = stream(new Uint8Array(0), 1);
    client.publish("t", "1");
    socket.take(1000);
    expect(socket.written).toEqual([publish("", 1, 1), publish("1")]);
    socket.deliver(...puback(1));
    expect(completed).toEqual([undefined]);
  });

  test("waits while the socket takes less than its header and a byte", () => {
    const { socket } = online({}, 8 + 12);
    const { completed } = stream(payload, 0);
    expect(socket.written).toEqual([]);
    socket.take(8 + 13);
    expect(socket.written).toHaveLength(1);
    bench.socket.fail();
    expect(completed).toEqual([CONNECTION_LOST]);
  });

  test("that fails gives its identifier back", () => {
    const { client } = online({ inFlight: 1 }, 500);
    const { completed } = stream(payload, 1);
    bench.reconnect(1000, RESUMED);
    expect(completed).toEqual([CONNECTION_LOST]);
    client.publish("t", "1", { QoS: 1 });
    expect(bench.socket.written).toEqual([publish("1", 1, 2)]);
  });

  test("that is written when the connection is lost is complete; messages may be accepted before that is told", () => {
    const { client, socket } = online({}, 5000);
    const { completed } = stream(payload, 0);
    socket.fail();
    client.publish("t", "1", { delivery: MUST });
    expect(completed).toEqual([]);
    clock.advance(0);
    expect(completed).toEqual([undefined]);
    bench.reconnect();
    expect(bench.socket.written).toEqual([publish("1")]);
  });

  test("that is written once more is complete once", () => {
    const { client, socket } = online({}, 5000);
    const { completed } = stream(payload, 0);
    socket.take(5000);
    client.publish("t", "1");
    clock.advance(1);
    expect(completed).toEqual([undefined]);
    expect(stream(bytes("2"), 0).completed).toEqual([]);
    expect(socket.written.slice(-2)).toEqual([publish("1"), publish("2")]);
    clock.advance(1);
  });
});
