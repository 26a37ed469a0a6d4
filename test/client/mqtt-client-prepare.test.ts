import { afterEach, describe, expect, test } from "vitest";
import {
  BUFFER_FULL,
  IN_FLIGHT_FULL,
  INVALID_OPTION,
  INVALID_QOS,
  INVALID_STATE,
  INVALID_TOPIC,
  NOT_CONNECTED,
} from "../../device/mqtt/mqtt-error";
import { Session } from "../../device/mqtt/session";
import { clock } from "../support/timer";
import { codeOf } from "./code-of";
import { Bench, bytes } from "./mqtt-client-bench";

let bench: Bench | undefined;

function connected(...options: ConstructorParameters<typeof Bench>): Bench {
  bench = new Bench(...options).connect();
  return bench;
}

/** What the broker has received, after the time it takes. */
function published({ broker }: Bench): string[] {
  clock.advance(10);
  return broker.connection.all("publish").map(({ topic, payload, qos, retain, dup, messageId }) => {
    const flags = `${qos}${retain ? " retained" : ""}${dup ? " dup" : ""}`;
    return `${topic} ${payload} ${flags}${messageId === undefined ? "" : ` id ${messageId}`}`;
  });
}

afterEach(() => {
  bench?.client.close();
  bench?.broker.network.close();
  bench = undefined;
  clock.advance(10);
  expect(clock.pending).toBe(0);
});

describe("a publisher prepared for its topic", () => {
  test("sends one packet with one write for each payload, as write does", () => {
    const { client, broker } = connected();
    const publisher = client.prepare({ topic: "home/temp", retain: true, payloadByteLength: 4 });
    const before = broker.connection.peer.writes.length;
    const writable = publisher.write(bytes("21.5"));
    expect(writable).toBe(client.writable);
    publisher.write(bytes("21.6"));
    expect(published(bench!)).toEqual(["home/temp 21.5 0 retained", "home/temp 21.6 0 retained"]);
    expect(broker.connection.peer.writes.length - before).toBe(2);
  });

  test("gives each message of QoS 1 and 2 an identifier of its own, and sees them acknowledged", () => {
    const session = new Session();
    const { client } = connected({ session });
    const once = client.prepare({ topic: "a", QoS: 1, payloadByteLength: 1 });
    const twice = client.prepare({ topic: "b", QoS: 2, payloadByteLength: 1 });
    once.write(bytes("1"));
    twice.write(bytes("2"));
    once.write(bytes("3"));
    expect(session.inFlight).toBe(3);
    expect(published(bench!)).toEqual(["a 1 1 id 1", "b 2 2 id 2", "a 3 1 id 3"]);
    expect(session.inFlight).toBe(0);
  });

  test("takes payloads of no bytes, and of more than the shared buffer", () => {
    const { client } = connected({ bufferByteLength: 16 });
    client.prepare({ topic: "home/temp", payloadByteLength: 0 }).write(new Uint8Array(0));
    client.prepare({ topic: "home/temp", payloadByteLength: 300 }).write(new Uint8Array(300).fill(0x78));
    expect(published(bench!)).toEqual(["home/temp  0", `home/temp ${"x".repeat(300)} 0`]);
  });

  test("may be made before the connection is, and sends when it is", () => {
    bench = new Bench();
    const publisher = bench.client.prepare({ topic: "t", payloadByteLength: 1 });
    expect(codeOf(() => publisher.write(bytes("1")))).toBe(NOT_CONNECTED);
    bench.connect();
    publisher.write(bytes("2"));
    expect(published(bench)).toEqual(["t 2 0"]);
  });

  test("refuses what write refuses, and then has sent nothing", () => {
    const { client } = connected({ session: new Session(1) }, { sendBufferByteLength: 40 });
    const publisher = client.prepare({ topic: "t", QoS: 1, payloadByteLength: 2 });
    expect(codeOf(() => publisher.write(bytes("123")))).toBe(INVALID_OPTION);
    expect(codeOf(() => publisher.write("12" as unknown as Uint8Array))).toBe(INVALID_OPTION);
    const large = client.prepare({ topic: "t", payloadByteLength: 40 });
    expect(codeOf(() => large.write(new Uint8Array(40)))).toBe(BUFFER_FULL);
    publisher.write(bytes("12"));
    expect(codeOf(() => publisher.write(bytes("34")))).toBe(IN_FLIGHT_FULL);
    expect(published(bench!)).toEqual(["t 12 1 id 1"]);
    client.write(bytes("a"), { topic: "u", byteLength: 2 });
    expect(codeOf(() => publisher.write(bytes("56")))).toBe(INVALID_STATE);
    client.close();
    expect(codeOf(() => publisher.write(bytes("78")))).toBe(INVALID_STATE);
  });

  test("is refused for what cannot be published", () => {
    const { client } = connected();
    expect(codeOf(() => client.prepare({ topic: "home/+", payloadByteLength: 1 }))).toBe(INVALID_TOPIC);
    expect(codeOf(() => client.prepare({ topic: "t", QoS: 3, payloadByteLength: 1 }))).toBe(INVALID_QOS);
    expect(codeOf(() => client.prepare({ topic: "t", payloadByteLength: -1 }))).toBe(INVALID_OPTION);
    expect(codeOf(() => client.prepare({ topic: 1 as unknown as string, payloadByteLength: 1 }))).toBe(
      INVALID_TOPIC,
    );
    client.close();
    expect(codeOf(() => client.prepare({ topic: "t", payloadByteLength: 1 }))).toBe(INVALID_STATE);
  });

  test("takes any Byte Buffer", () => {
    const { client } = connected();
    const publisher = client.prepare({ topic: "t", payloadByteLength: 2 });
    publisher.write(ArrayBuffer.fromString("12") as unknown as Uint8Array);
    publisher.write(new Int8Array([51, 52]) as unknown as Uint8Array);
    expect(published(bench!)).toEqual(["t 12 0", "t 34 0"]);
  });
});

describe("a message like the one before", () => {
  test("has its own payload, identifier and flags", () => {
    const { client } = connected();
    client.write(bytes("1"), { topic: "t", QoS: 1 });
    client.write(bytes("2"), { topic: "t", QoS: 1 });
    client.write(bytes("3"), { topic: "t", QoS: 1, retain: true });
    client.write(bytes("4"), { topic: "t", QoS: 1, retain: true });
    client.write(bytes("5"), { topic: "t" });
    client.write(bytes("6"), { topic: "t" });
    client.write(bytes("7"), { topic: "u" });
    client.write(bytes("89"), { topic: "u" });
    client.write(bytes("a"), { topic: "u", QoS: 2, id: 77 });
    client.write(bytes("b"), { topic: "u", QoS: 2, id: 78, duplicate: true });
    client.write(bytes("c"), { topic: "u", QoS: 2 });
    expect(published(bench!)).toEqual([
      "t 1 1 id 1",
      "t 2 1 id 2",
      "t 3 1 retained id 3",
      "t 4 1 retained id 4",
      "t 5 0",
      "t 6 0",
      "u 7 0",
      "u 89 0",
      "u a 2 id 77",
      "u b 2 dup id 78",
      "u c 2 id 5",
    ]);
  });

  test("is itself, whatever has gone out in between", () => {
    const { client, broker } = connected();
    const write = (payload: string): number => client.write(bytes(payload), { topic: "t" });
    write("1");
    // An acknowledgement of the client's, a request, fragments, and a message of a layer above.
    broker.connection.publish("in", "x", { qos: 1, messageId: 9 });
    clock.advance(10);
    write("2");
    client.write(undefined, { operation: 8, items: [{ topic: "#" }] });
    write("3");
    client.write(bytes("4"), { topic: "t", byteLength: 2 });
    client.write(bytes("5"));
    write("6");
    client.sendMessage(bytes("7"), Uint8Array.of(0, 1, 0x75), 1, 0, false, false, 0, undefined);
    write("8");
    client.prepare({ topic: "v", payloadByteLength: 1 }).write(bytes("9"));
    write("0");
    expect(published(bench!)).toEqual([
      "t 1 0",
      "t 2 0",
      "t 3 0",
      "t 45 0",
      "t 6 0",
      "u 7 0",
      "t 8 0",
      "v 9 0",
      "t 0 0",
    ]);
  });

  test("is checked as that one was", () => {
    const { client } = connected({}, { sendBufferByteLength: 40 });
    client.write(bytes("1"), { topic: "t", QoS: 1 });
    const QoS = "1" as unknown as number;
    expect(codeOf(() => client.write(bytes("2"), { topic: "t", QoS }))).toBe(INVALID_QOS);
    client.write(bytes("12345678901234567890"), { topic: "t" });
    expect(codeOf(() => client.write(bytes("12345678901234567890"), { topic: "t" }))).toBe(BUFFER_FULL);
    clock.advance(10);
    client.close();
    expect(codeOf(() => client.write(bytes("1"), { topic: "t" }))).toBe(INVALID_STATE);
  });

  test("cannot be sent between the fragments of another", () => {
    const { client } = connected();
    client.write(bytes("1"), { topic: "t" });
    client.write(bytes("2"), { topic: "t", byteLength: 2 });
    expect(codeOf(() => client.write(bytes("3"), { topic: "t" }))).toBe(INVALID_STATE);
  });
});
