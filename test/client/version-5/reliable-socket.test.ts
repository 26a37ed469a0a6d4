import { afterEach, describe, expect, test } from "vitest";
import { MUST } from "../../../device/client/delivery";
import type { ReliableClientOptions } from "../../../device/client/reliable-client";
import { version5 } from "../../../device/client/version-5/version-5";
import { PUBLISH } from "../../../device/mqtt/control-packet";
import { INVALID_OPTION, MALFORMED_PACKET, PACKET_TOO_LARGE } from "../../../device/mqtt/mqtt-error";
import { encodeProperties } from "../../../device/mqtt/version-5/property-writer";
import { clock } from "../../support/timer";
import { DirectBench, puback, publish, pubrec, ReliableDirectBench } from "../direct-bench";
import { bytes } from "../mqtt-client-bench";
import { Bench, codeThrownBy, ReliableBench } from "./bench";

let direct: ReliableDirectBench | undefined;

/** CONNACK of 5.0 with properties. */
function connack(sessionPresent: boolean, ...properties: number[]): number[] {
  return [0x20, 3 + properties.length, sessionPresent ? 1 : 0, 0, properties.length, ...properties];
}

const receiveMaximum = (count: number): number[] => [0x21, 0, count];
const maximumPacketSize = (count: number): number[] => [0x27, 0, 0, 0, count];

function online(
  options: Partial<ReliableClientOptions> = {},
  properties: number[] = [],
  free: number = 1000,
): ReliableDirectBench {
  direct = new ReliableDirectBench({ protocol: version5, ...options });
  return direct.connect(free, connack(false, ...properties));
}

afterEach(() => {
  direct?.end();
  direct = undefined;
});

/** Payloads of the PUBLISH packets of the newest connection: the last byte. */
function payloads({ socket }: ReliableDirectBench): string[] {
  return socket.written
    .filter(([first]) => first! >> 4 === PUBLISH)
    .map((packet) => String.fromCharCode(packet.at(-1)!));
}

describe("the broker's Receive Maximum", () => {
  test("keeps the order: what stands behind a message that waits for it waits too", () => {
    const { client, socket } = online({}, receiveMaximum(1));
    client.publish("t", "1", { QoS: 1 });
    client.publish("t", "2", { QoS: 1 });
    client.publish("t", "3");
    expect(payloads(direct!)).toEqual(["1"]);
    socket.deliver(...puback(1));
    expect(payloads(direct!)).toEqual(["1", "2", "3"]);
  });

  test("keeps a stream of QoS 1 waiting, and one of QoS 0 not", () => {
    const { client, socket } = online({}, receiveMaximum(1));
    const completed: unknown[] = [];
    const onComplete = (error: unknown): void => void completed.push(error);
    client.publish("t", "1", { QoS: 1 });
    client.stream("t", bytes("2"), { onComplete });
    clock.advance(1);
    expect([payloads(direct!), completed]).toEqual([["1", "2"], [undefined]]);
    client.stream("t", bytes("3"), { QoS: 1, onComplete });
    expect([payloads(direct!), completed.length]).toEqual([["1", "2"], 1]);
    socket.deliver(...puback(1));
    expect(payloads(direct!)).toEqual(["1", "2", "3"]);
    socket.deliver(...puback(2));
    expect(completed).toEqual([undefined, undefined]);
  });
});

describe("a message that the broker does not take", () => {
  test("is dropped, and what stands behind it goes out in the same turn", () => {
    const { client, events } = online({}, maximumPacketSize(30));
    direct!.socket.fail();
    for (let count = 0; count < 4; count++) client.publish("a", "x".repeat(50), { QoS: 1, delivery: MUST });
    client.publish("t", "2", { QoS: 1, delivery: MUST });
    direct!.reconnect(1000, connack(true, ...maximumPacketSize(30)));
    expect(payloads(direct!)).toEqual(["2"]);
    expect(events).toEqual([
      "connect",
      ...[1, 2, 3, 4].map((token) => `dropped ${token} ${PACKET_TOO_LARGE}`),
    ]);
  });

  test("and that had been sent before leaves its place in flight to the next", () => {
    const { client } = online({ inFlight: 1 });
    client.publish("a", "x".repeat(50), { QoS: 1, delivery: MUST });
    client.publish("t", "2", { QoS: 1, delivery: MUST });
    expect(payloads(direct!)).toEqual(["x"]);
    direct!.reconnect(1000, connack(true, ...maximumPacketSize(30)));
    expect(payloads(direct!)).toEqual(["2"]);
  });

  test("is dropped in its turn, behind a PUBREL that waits for the socket", () => {
    const { client, events, socket } = online();
    client.publish("t", "1", { QoS: 2 });
    client.publish("a", "x".repeat(50), { QoS: 1, delivery: MUST });
    socket.deliver(...pubrec(1));
    direct!.reconnect(0, connack(true, ...maximumPacketSize(30)));
    expect(events).toEqual(["connect"]);
    direct!.socket.take(100);
    expect(events).toEqual(["connect", `dropped 2 ${PACKET_TOO_LARGE}`]);
  });

  test("is dropped by its refusal alone, and not by one of a packet that nobody sent", () => {
    const { client, socket, events } = online();
    client.publish("t", "1", { QoS: 1, delivery: MUST });
    socket.deliver(0x40, 3, 0, 77, 0x87);
    expect([client.waiting, events]).toEqual([1, ["connect"]]);
    socket.deliver(0x40, 3, 0, 1, 0x87);
    expect([client.waiting, events]).toEqual([0, ["connect", "dropped 1 108"]]);
  });
});

describe("the application", () => {
  test("that closes on a refused subscription hears of no connection", () => {
    const told: string[] = [];
    direct = new ReliableDirectBench({
      protocol: version5,
      onError() {
        told.push("error");
        this.close();
      },
      onConnect: () => void told.push("connect"),
    });
    // No wildcards, no Shared Subscriptions.
    for (const filter of ["a/#", "b/#"]) direct.client.subscribe(filter);
    direct.connect(1000, connack(false, 0x28, 0));
    expect(told).toEqual(["error"]);
  });

  test("that has no onError misses such a refusal, and nothing more", () => {
    direct = new ReliableDirectBench({ protocol: version5, onError: undefined as never });
    for (const filter of ["a/#", "b"]) direct.client.subscribe(filter);
    direct.connect(1000, connack(false, 0x28, 0));
    expect(direct.socket.written).toEqual([[0x82, 7, 0, 1, 0, 0, 1, 0x62, 0]]);
    expect(direct.events).toEqual(["connect"]);
  });

  test("cannot name an Authentication Method without answering the broker", () => {
    const properties = { authenticationMethod: "SCRAM" };
    expect(codeThrownBy(() => new ReliableDirectBench({ protocol: version5, properties }))).toBe(
      INVALID_OPTION,
    );
  });
});

test("a stream leaves room for the longest header, with a Topic Alias and a Remaining Length of three bytes", () => {
  // Topic Alias Maximum 5.
  const { client, events, socket } = online({}, [0x22, 0, 5], 500);
  client.stream("home/temp", new Uint8Array(20_000), {
    QoS: 1,
    onComplete: (error) => void events.push(`complete ${error?.code}`),
  });
  expect(events).toEqual(["connect"]);
  for (let count = 0; count < 100; count++) socket.take(500);
  socket.deliver(...puback(1));
  expect(events).toEqual(["connect", "complete undefined"]);
  const byteLength = socket.written.reduce((sum, { length }) => sum + length, 0);
  expect(byteLength).toBe(1 + 3 + 11 + 2 + 1 + 3 + 20_000);
});

test("a refused message says why, in the broker's words where there are any", () => {
  const told: string[] = [];
  const { client, socket } = online({ onDropped: (_token, _topic, { message }) => void told.push(message) });
  for (const payload of ["1", "2"]) client.publish("t", payload, { QoS: 1 });
  socket.deliver(0x40, 3, 0, 1, 0x97);
  socket.deliver(0x40, 9, 0, 2, 0x97, 5, 0x1f, 0, 2, 0x6e, 0x6f);
  expect(told).toEqual(["the broker refused the message", "the broker refused the message: no"]);
});

describe("subscriptions", () => {
  test("with options that are none are refused at once, connected or not, and forgotten", () => {
    direct = new ReliableDirectBench({ protocol: version5 });
    const { client } = direct;
    expect(codeThrownBy(() => client.subscribe("a", 0, { retainHandling: 3 as 2 }))).toBe(INVALID_OPTION);
    expect(codeThrownBy(() => client.subscribe("a", 0, { subscriptionIdentifier: 0 }))).toBe(INVALID_OPTION);
    direct.connect(1000, connack(false));
    expect(direct.socket.written).toEqual([]);
  });

  test("with an identifier are ended without it", () => {
    const { client, socket } = online();
    client.subscribe("a", 0, { subscriptionIdentifier: 7 });
    client.subscribe("b");
    client.unsubscribe("a");
    expect(socket.written).toEqual([
      [0x82, 9, 0, 1, 2, 0x0b, 7, 0, 1, 0x61, 0],
      [0x82, 7, 0, 2, 0, 0, 1, 0x62, 0],
      [0xa2, 6, 0, 3, 0, 0, 1, 0x61],
    ]);
  });

  test("refused together are reported together, with the reason of the first", () => {
    const reasons: (number | undefined)[] = [];
    direct = new ReliableDirectBench({
      protocol: version5,
      onError: (error) => void reasons.push(error.reasonCode),
    });
    for (const filter of ["a", "b", "c"]) direct.client.subscribe(filter);
    direct.connect(1000, connack(false));
    direct.socket.deliver(0x90, 6, 0, 1, 0, 0, 0x87, 0x97);
    direct.client.subscribe("d");
    direct.socket.deliver(0x90, 4, 0, 2, 0, 0x80);
    expect(reasons).toEqual([0x87, 0x80]);
  });
});

describe("properties", () => {
  test("go with a message of QoS 0 too", () => {
    const { client, connection } = new ReliableBench();
    client.publish("t", "x", { properties: { contentType: "a" } });
    client.prepare({ topic: "t", payloadByteLength: 1, properties: { contentType: "b" } }).write(bytes("y"));
    clock.advance(10);
    expect(connection.all("publish").map(({ properties }) => properties?.contentType)).toEqual(["a", "b"]);
  });

  test("that are encoded are taken in 3.1.1, and mean nothing there", () => {
    direct = new ReliableDirectBench().connect();
    const properties = encodeProperties(PUBLISH, { contentType: "a" });
    direct.client.publish("t", "1", { properties });
    direct.client.publish("t", "2", { QoS: 1, properties });
    direct.client.publish("t", "3", { QoS: 1 });
    expect(direct.socket.written).toEqual([publish("1"), publish("2", 1, 1), publish("3", 1, 2)]);
  });
});

test("without onError a client goes on, when it cannot ask in 3.1.1 what it asked in 5.0", () => {
  const bench = new ReliableBench({ id: "", onError: undefined as never }, (broker) => {
    broker.script = ({ cmd }, { peer }) => {
      if (cmd === "connect") peer.send([0x20, 2, 0, 1]);
      return true;
    };
  });
  bench.broker.script = undefined;
  bench.reconnect();
  expect(bench.events.at(-1)).toBe("connect 5 false");
});

test("the cause of the end is told, also when the socket refuses the DISCONNECT that tells the broker", () => {
  const bench = new DirectBench({ protocol: version5 });
  bench.socket.take(1000);
  bench.socket.deliver(...connack(false));
  bench.events.length = 0;
  bench.socket.free = () => {
    throw new Error("not now");
  };
  bench.socket.deliver(0xff);
  clock.advance(10);
  expect(bench.events).toEqual([`error ${MALFORMED_PACKET}`, "close"]);
  expect(clock.pending).toBe(0);
});

test("a client of 5.0 hears of PINGRESP its operation alone", () => {
  const bench = new Bench({ keepAlive: 8000 });
  clock.advance(9000);
  expect(bench.controls.at(-1)).toEqual({ operation: 13, properties: {} });
});
