import { afterEach, describe, expect, test } from "vitest";
import MQTTClient, { type ControlMessage } from "../../device/client/mqtt-client";
import {
  BUFFER_FULL,
  CONNACK_TIMEOUT,
  CONNECTION_LOST,
  CONNECTION_REFUSED,
  HOST_NOT_FOUND,
  INVALID_OPTION,
  INVALID_QOS,
  INVALID_STATE,
  INVALID_TOPIC,
  KEEP_ALIVE_TIMEOUT,
  MALFORMED_PACKET,
  MQTTError,
  NOT_CONNECTED,
  PACKET_TOO_LARGE,
  PEER,
  PROTOCOL_ERROR,
  RESOURCE,
  USAGE,
} from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { Bench, bytes } from "./mqtt-client-bench";

let bench: Bench;

function connected(...options: ConstructorParameters<typeof Bench>): Bench {
  bench = new Bench(...options).connect();
  return bench;
}

function codeOf(action: () => unknown): number {
  try {
    action();
  } catch (error) {
    if (error instanceof MQTTError) return error.code;
    throw error;
  }
  throw new Error("did not throw");
}

afterEach(() => {
  bench?.client.close();
  bench?.broker.network.close();
  clock.advance(10);
  expect(clock.pending).toBe(0);
});

describe("connecting", () => {
  test("CONNECT carries every option, in one write, with TCP_NODELAY", () => {
    const will = { topic: "home/status", message: "offline", QoS: 1, retain: true };
    connected({ user: "me", password: "secret", keepAlive: 60_000, will });
    const [connect] = bench.broker.connection.all("connect");
    expect(connect).toMatchObject({
      protocolVersion: 4,
      clientId: "client-1",
      clean: true,
      keepalive: 60,
      username: "me",
      will: { topic: "home/status", qos: 1, retain: true },
    });
    expect(String(connect?.password)).toBe("secret");
    expect(String(connect?.will?.payload)).toBe("offline");
    expect(bench.broker.connection.peer.writes.length).toBe(1);
    expect(bench.broker.connection.peer.nodelay).toBe(true);
  });

  test("a CONNECT larger than the buffers goes out in one write all the same", () => {
    connected({ user: "me", password: "x".repeat(1500), bufferByteLength: 64 });
    expect(bench.broker.connection.peer.writes.length).toBe(1);
    expect(bench.events[0]).toBe("control 2");
  });

  test("a will with an empty message is sent", () => {
    connected({ will: { topic: "home/status", message: "" } });
    const [connect] = bench.broker.connection.all("connect");
    expect(connect?.will).toMatchObject({ topic: "home/status", qos: 0, retain: false });
    expect(connect?.will?.payload.length).toBe(0);
  });

  test("a will message and a password may be bytes", () => {
    connected({
      user: "me",
      password: Uint8Array.of(0, 255).buffer,
      will: { topic: "t", message: new DataView(Uint8Array.of(1, 2, 3).buffer, 1) },
    });
    const [connect] = bench.broker.connection.all("connect");
    expect([...(connect?.password ?? [])]).toEqual([0, 255]);
    expect([...Buffer.from(connect?.will?.payload ?? "")]).toEqual([2, 3]);
  });

  test("a keep-alive of 1,500 ms is sent as 2 s", () => {
    connected({ keepAlive: 1500 });
    expect(bench.broker.connection.all("connect")[0]?.keepalive).toBe(2);
  });

  test("a token with an empty user name is sent with that user name", () => {
    connected({ user: "", password: "token" });
    expect(bench.broker.connection.all("connect")[0]).toMatchObject({ username: "" });
  });

  test("after CONNACK onControl and then onWritable are called", () => {
    connected();
    expect(bench.events.slice(0, 2)).toEqual(["control 2", expect.stringMatching(/^writable 57\d\d$/)]);
  });

  test("onControl of two parameters gets the opcode and the message, as the typings have it", () => {
    const calls: unknown[][] = [];
    connected({ onControl: (opcode: number, message: ControlMessage) => void calls.push([opcode, message]) });
    expect(calls).toEqual([[2, { operation: 2, returnCode: 0, sessionPresent: false }]]);
  });

  test("onControl of one parameter gets the message alone, as the Moddable SDK has it", () => {
    const calls: ControlMessage[] = [];
    connected({ onControl: (message: ControlMessage) => void calls.push(message) });
    expect(calls).toEqual([{ operation: 2, returnCode: 0, sessionPresent: false }]);
  });

  test("onControl that declares no parameter gets both", () => {
    const calls: unknown[][] = [];
    connected({ onControl: (...parameters: unknown[]) => void calls.push(parameters) });
    expect(calls[0]?.[0]).toBe(2);
    expect(calls[0]?.[1]).toMatchObject({ operation: 2 });
  });

  test("session present reaches onControl when the session is kept (SDK defect: dropped)", () => {
    const messages: ControlMessage[] = [];
    bench = new Bench({
      clean: false,
      onControl: (_opcode: number, message: ControlMessage) => void messages.push(message),
    });
    bench.broker.sessionPresent = true;
    bench.connect();
    expect(messages[0]).toMatchObject({ sessionPresent: true });
  });

  test("a refused connection is an error that tells the return code, then onClose", () => {
    bench = new Bench();
    bench.broker.returnCode = 5;
    bench.connect();
    expect(bench.events).toEqual([`error ${CONNECTION_REFUSED}`, "close"]);
    expect(bench.errors[0]).toMatchObject({ returnCode: 5, family: PEER });
    expect(bench.errors[0]?.message).toContain("not authorized");
  });

  test("without CONNACK it gives up after connackTimeout, also with keepAlive 0 (SDK defect)", () => {
    bench = new Bench({ connackTimeout: 4000 });
    bench.broker.unanswered.add("connect");
    clock.advance(3999);
    expect(bench.events).toEqual([]);
    clock.advance(1);
    expect(bench.events).toEqual([`error ${CONNACK_TIMEOUT}`, "close"]);
  });

  test("connackTimeout is 30 s by default", () => {
    bench = new Bench();
    bench.broker.unanswered.add("connect");
    clock.advance(29_999);
    expect(bench.events).toEqual([]);
    clock.advance(1);
    expect(bench.errors[0]?.code).toBe(CONNACK_TIMEOUT);
  });

  test("an unknown host is an error", () => {
    bench = new Bench({ host: "nowhere.local" });
    clock.advance(10_000);
    expect(bench.events).toEqual([`error ${HOST_NOT_FOUND}`, "close"]);
    expect(bench.errors[0]?.message).toContain("nowhere.local");
  });

  test("a refused TCP connection is an error", () => {
    bench = new Bench();
    bench.broker.stop();
    clock.advance(100);
    expect(bench.events).toEqual([`error ${CONNECTION_LOST}`, "close"]);
  });

  test("a socket that cannot be made is an error and not an exception", () => {
    bench = new Bench();
    bench.broker.network.hasRoute = false;
    clock.advance(100);
    expect(bench.events).toEqual([`error ${CONNECTION_LOST}`, "close"]);
  });

  test("a resolver that throws is an error, and onError is not called inside the constructor", () => {
    class Broken {
      constructor() {
        throw new Error("no UDP");
      }
    }
    bench = new Bench({ dns: { io: Broken } });
    expect(bench.events).toEqual([]);
    clock.advance(0);
    expect(bench.errors[0]?.message).toContain("no UDP");
  });

  test("a resolver that answers at once works", () => {
    class Immediate {
      resolve(options: { host: string; onResolved(host: string, address: string): void }): void {
        options.onResolved(options.host, "10.0.0.1");
      }
    }
    connected({ dns: { io: Immediate } });
    expect(bench.events[0]).toBe("control 2");
  });

  test("a packet before CONNACK is a protocol error", () => {
    bench = new Bench();
    bench.broker.onPacket = (packet, connection) => {
      if (packet.cmd === "connect") connection.send({ cmd: "pingresp" });
      return packet.cmd === "connect";
    };
    bench.connect();
    expect(bench.events).toEqual([`error ${PROTOCOL_ERROR}`, "close"]);
  });

  test("a PUBLISH before CONNACK, even one over a limit, is a protocol error", () => {
    for (const topic of ["a", "a".repeat(300)]) {
      bench = new Bench();
      bench.broker.onPacket = (packet, connection) => {
        connection.publish(topic, "x");
        return packet.cmd === "connect";
      };
      bench.connect();
      expect(bench.events).toEqual([`error ${PROTOCOL_ERROR}`, "close"]);
    }
  });

  test("a second CONNACK is a protocol error", () => {
    connected();
    bench.broker.connection.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
    clock.advance(5);
    expect(bench.errors[0]?.code).toBe(PROTOCOL_ERROR);
  });
});

describe("options", () => {
  const invalid: [string, object, number][] = [
    ["no host", { host: "" }, INVALID_OPTION],
    ["a port of 0", { port: 0 }, INVALID_OPTION],
    ["a port of 65,536", { port: 65_536 }, INVALID_OPTION],
    ["dns without a class", { dns: {} }, INVALID_OPTION],
    ["socket without a class", { socket: undefined }, INVALID_OPTION],
    ["a negative keep-alive", { keepAlive: -1 }, INVALID_OPTION],
    ["a keep-alive over 65,535 s", { keepAlive: 65_536_000 }, INVALID_OPTION],
    ["a keep-alive that is no number", { keepAlive: "60" }, INVALID_OPTION],
    ["a connackTimeout of 0", { connackTimeout: 0 }, INVALID_OPTION],
    ["a format other than buffer", { format: "number" }, INVALID_OPTION],
    ["a callback that is no function", { onError: "oops" }, INVALID_OPTION],
    ["password without user (SDK defect: malformed CONNECT)", { password: "x" }, INVALID_OPTION],
    ["will without message (SDK defect: malformed CONNECT)", { will: { topic: "t" } }, INVALID_OPTION],
    ["will without topic", { will: { message: "m" } }, INVALID_OPTION],
    ["will with a wildcard topic", { will: { topic: "a/#", message: "m" } }, INVALID_TOPIC],
    ["will with QoS 3", { will: { topic: "t", message: "m", QoS: 3 } }, INVALID_QOS],
    ["an empty id with a kept session", { id: "", clean: false }, INVALID_OPTION],
    ["an id that is no string", { id: 5 }, INVALID_OPTION],
    ["buffers of 8 bytes", { bufferByteLength: 8 }, INVALID_OPTION],
  ];
  test.each(invalid)("%s throws before anything is allocated", (_name, options, code) => {
    const pending = clock.pending;
    expect(codeOf(() => new Bench(options))).toBe(code);
    expect(clock.pending).toBe(pending);
  });

  test("no options at all throw", () => {
    expect(codeOf(() => new MQTTClient(undefined as never))).toBe(INVALID_OPTION);
  });

  test("frozen options are taken, and null callbacks count as none", () => {
    connected(Object.freeze({ onReadable: null as never, onError: null as never }));
    expect(bench.events[0]).toBe("control 2");
  });

  test("target becomes a property, and callbacks have the client as this", () => {
    let seen: unknown;
    connected({
      target: 42,
      onWritable() {
        seen = this;
      },
    });
    expect(bench.client.target).toBe(42);
    expect(seen).toBe(bench.client);
    expect("target" in new Bench().client).toBe(false);
  });

  test("format is always buffer", () => {
    connected();
    expect(bench.client.format).toBe("buffer");
    bench.client.format = "buffer";
    expect(codeOf(() => (bench.client.format = "number" as "buffer"))).toBe(INVALID_OPTION);
  });

  test("the control packet types are statics", () => {
    expect([MQTTClient.CONNECT, MQTTClient.PUBLISH, MQTTClient.SUBACK, MQTTClient.DISCONNECT]).toEqual([
      1, 3, 9, 14,
    ]);
  });

  test("a layered socket that calls its callbacks without this works, as the SDK's TLSSocket", () => {
    bench = new Bench();
    const { io: TCP } = bench.broker.socket as { io: new (options: object) => never };
    bench.client.close();
    class Layered {
      readonly #socket: { read(b: unknown): unknown; write(b: unknown): unknown; close(): void };
      constructor(
        options: Record<"onReadable" | "onWritable", (count: number) => void> & { onError(): void },
      ) {
        const { onReadable, onWritable, onError } = options;
        this.#socket = new TCP({
          ...options,
          onReadable: (count: number) => onReadable(count),
          onWritable: (count: number) => onWritable(count),
          onError: () => onError(),
        });
      }
      read(buffer: unknown): unknown {
        return this.#socket.read(buffer);
      }
      write(buffer: unknown): void {
        this.#socket.write(buffer);
      }
      close(): void {
        this.#socket.close();
      }
    }
    const { broker } = bench;
    const events: number[] = [];
    const client = new MQTTClient({
      host: "broker.local",
      dns: broker.dns,
      socket: { io: Layered, TCP: { io: TCP } },
      onControl: (opcode: number, _message) => void events.push(opcode),
    });
    clock.advance(20);
    // Its write returns nothing: then the client counts itself.
    const before = client.writable;
    expect(client.write(bytes("12345"), { topic: "t" })).toBe(before - 10);
    expect(events).toEqual([2]);
    client.close();
  });
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

describe("errors of the connection", () => {
  test("a lost connection is told to onError with a reason, then onClose is called, once (SDK defect: neither)", () => {
    connected();
    bench.events.length = 0;
    bench.broker.connection.peer.reset();
    clock.advance(10);
    expect(bench.events).toEqual([`error ${CONNECTION_LOST}`, "close"]);
    expect(bench.errors[0]).toBeInstanceOf(MQTTError);
    expect(codeOf(() => bench.client.write(bytes("x"), { topic: "t" }))).toBe(NOT_CONNECTED);
  });

  test("a malformed packet closes the connection with MALFORMED_PACKET (SDK defect: QoS 3 accepted)", () => {
    connected();
    bench.broker.connection.peer.send([0x36, 5, 0, 1, 0x61, 0, 1]);
    clock.advance(10);
    expect(bench.errors[0]).toMatchObject({ code: MALFORMED_PACKET, family: PEER });
    expect(bench.broker.connection.peer.open).toBe(false);
  });

  test("a topic length beyond the packet closes the connection (SDK defect: stream desynchronised)", () => {
    connected();
    bench.broker.connection.peer.send([0x30, 5, 0xff, 0xff, 0x61, 0x62, 0x63]);
    clock.advance(10);
    expect(bench.errors[0]?.code).toBe(MALFORMED_PACKET);
  });

  test("a topic over the limit is skipped and acknowledged and reported; the connection stays (SDK defect: allocated)", () => {
    connected();
    bench.broker.connection.publish("t".repeat(60_000), "x", { qos: 1, messageId: 3 });
    bench.broker.connection.publish("t", "next");
    clock.advance(20);
    expect(bench.errors).toMatchObject([{ code: PACKET_TOO_LARGE, family: RESOURCE }]);
    expect(bench.messages.map(({ payload }) => payload)).toEqual(["next"]);
    expect(bench.broker.connection.log).toContain("puback 3");
    expect(bench.events).not.toContain("close");
  });

  test("messages that came before the connection was lost are delivered before the error", () => {
    connected();
    bench.events.length = 0;
    bench.broker.connection.publish("t", "last words");
    bench.broker.connection.peer.finish();
    clock.advance(10);
    expect(bench.messages.map(({ payload }) => payload)).toEqual(["last words"]);
    expect(bench.events).toEqual([`error ${CONNECTION_LOST}`, "close"]);
  });

  test("usage errors are of family USAGE", () => {
    connected();
    try {
      bench.client.write(bytes("x"), { topic: "#" });
    } catch (error) {
      expect((error as MQTTError).family).toBe(USAGE);
    }
  });
});

describe("keep-alive", () => {
  test("a half-open connection is found within keepAlive + 5 s (SDK defect: 1.5 x keepAlive)", () => {
    connected({ keepAlive: 10_000 });
    clock.advance(3000);
    bench.broker.network.cut();
    const start = clock.now();
    let found = 0;
    while (found === 0 && clock.now() < start + 60_000) {
      clock.advance(10);
      if (bench.errors.length > 0) found = clock.now() - start;
    }
    expect(bench.errors[0]?.code).toBe(KEEP_ALIVE_TIMEOUT);
    expect(found).toBeLessThanOrEqual(15_000);
    bench.broker.network.restore();
  });

  test("it is found as fast while the client goes on publishing", () => {
    connected({ keepAlive: 10_000 });
    bench.broker.network.cut();
    const start = clock.now();
    while (bench.errors.length === 0 && clock.now() < start + 60_000) {
      bench.client.write(bytes("x"), { topic: "t" });
      clock.advance(500);
    }
    expect(bench.errors[0]?.code).toBe(KEEP_ALIVE_TIMEOUT);
    expect(clock.now() - start).toBeLessThanOrEqual(15_000);
    bench.broker.network.restore();
  });

  test("no ping in 600 s while a message of QoS 1 goes out every 5 s (SDK defect)", () => {
    connected({ keepAlive: 10_000 });
    for (let count = 0; count < 120; count += 1) {
      bench.client.write(bytes("x"), { topic: "t", QoS: 1 });
      clock.advance(5000);
    }
    expect(bench.broker.connection.all("pingreq")).toEqual([]);
    expect(bench.errors).toEqual([]);
  });

  test("an idle connection is pinged at least once in each interval, and stays", () => {
    connected({ keepAlive: 60_000 });
    const pings: number[] = [clock.now()];
    bench.broker.onPacket = (packet) => {
      if (packet.cmd === "pingreq") pings.push(clock.now());
      return false;
    };
    clock.advance(3_600_000);
    for (let index = 1; index < pings.length; index += 1)
      expect(pings[index]! - pings[index - 1]!).toBeLessThanOrEqual(60_020);
    expect(pings.length).toBeGreaterThan(59);
    expect(pings.length).toBeLessThan(70);
    expect(bench.errors).toEqual([]);
  });

  test("with keepAlive 0 no timer runs and no ping is sent", () => {
    connected();
    expect(clock.pending).toBe(0);
    clock.advance(1_000_000);
    expect(bench.broker.connection.log).toEqual(["connect"]);
  });

  test("an application that does not read its message for long is not taken for a dead broker", () => {
    connected({ keepAlive: 10_000, onReadable: () => {} });
    bench.broker.connection.publish("t", "unread".repeat(200));
    clock.advance(100_000);
    expect(bench.errors).toEqual([]);
  });

  test("a broker that answers pings with other packets is alive", () => {
    connected({ keepAlive: 10_000 });
    bench.broker.unanswered.add("pingreq");
    bench.broker.onPacket = (packet, connection) => {
      if (packet.cmd === "pingreq") connection.publish("t", "here");
      return false;
    };
    clock.advance(100_000);
    expect(bench.errors).toEqual([]);
  });

  test("a message in fragments that makes progress outlasts the keep-alive; one that stalls does not", () => {
    connected({ keepAlive: 10_000 }, { sendBufferByteLength: 1000 });
    bench.client.write(bytes("x"), { topic: "t", byteLength: 100 });
    for (let count = 0; count < 20; count += 1) {
      clock.advance(2000);
      bench.client.write(bytes("x"));
    }
    expect(bench.errors).toEqual([]);
    clock.advance(20_000);
    expect(bench.errors[0]?.code).toBe(KEEP_ALIVE_TIMEOUT);
  });

  test("an application's own PINGREQ is answered to onControl", () => {
    connected();
    bench.client.write(null, { operation: MQTTClient.PINGREQ });
    clock.advance(5);
    expect(bench.events).toContain("control 13");
  });
});
