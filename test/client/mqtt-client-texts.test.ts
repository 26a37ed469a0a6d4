import { afterEach, describe, expect, test } from "vitest";
import MQTTClient, { type MQTTClientOptions } from "../../device/client/mqtt-client";
import { MQTTError } from "../../device/mqtt/mqtt-error";
import { Session } from "../../device/mqtt/session";
import { ScriptedBroker } from "../support/scripted-broker";
import { clock } from "../support/timer";
import { Bench, bytes } from "./mqtt-client-bench";

let bench: Bench | undefined;

afterEach(() => {
  bench?.client.close();
  bench?.broker.network.close();
  bench = undefined;
  clock.advance(10);
  expect(clock.pending).toBe(0);
});

/** What the MQTTError says that `action` throws. */
function textOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof MQTTError) return error.message;
    throw error;
  }
  throw new Error("did not throw");
}

const MAXIMUM = 268_435_455;

describe("an error thrown by the constructor names the value and the limit", () => {
  const texts: [object | undefined, string][] = [
    [undefined, "options are missing"],
    [{ host: "" }, "host is missing"],
    [{ host: 5 }, "host is missing"],
    [{ port: 0 }, "port 0 is not 1 to 65535"],
    [{ port: 1.5 }, "port 1.5 is not an integer"],
    [{ dns: null }, "dns has no class as io"],
    [{ socket: {} }, "socket has no class as io"],
    [{ format: "number" }, "format number is not buffer"],
    [{ onReadable: 1 }, "onReadable is not a function"],
    [{ onWritable: 1 }, "onWritable is not a function"],
    [{ onControl: 1 }, "onControl is not a function"],
    [{ onClose: 1 }, "onClose is not a function"],
    [{ onError: 1 }, "onError is not a function"],
    [{ onAcknowledge: 1 }, "onAcknowledge is not a function"],
    [{ onAuthenticate: 1 }, "onAuthenticate is not a function"],
    [{ bufferByteLength: 15 }, "bufferByteLength 15 is not 16 to 65536"],
    [{ bufferByteLength: 65_537 }, "bufferByteLength 65537 is not 16 to 65536"],
    [{ connackTimeout: 0.5 }, "connackTimeout 0.5 is not 1 to 2147483647"],
    [{ connackTimeout: "1000" }, "connackTimeout 1000 is not 1 to 2147483647"],
    [{ keepAlive: 65_535_001 }, "keepAlive 65535001 is not 0 to 65535000"],
    [{ keepAlive: Number.NaN }, "keepAlive NaN is not 0 to 65535000"],
    [{ id: 5 }, "id 5 is not a string"],
    [{ user: 5 }, "user 5 is not a string"],
    [{ user: "me", password: 5 }, "password is not a Byte Buffer"],
    [{ will: {} }, "will has no topic"],
    [{ will: { topic: null, message: "m" } }, "will has no topic"],
    [{ will: { topic: "t" } }, "will has no message"],
    [{ will: { topic: "t", message: null } }, "will has no message"],
    [{ will: { topic: 5, message: "m" } }, "topic of the will 5 is not a string"],
    [{ will: { topic: "t", message: 5 } }, "message of the will is not a Byte Buffer"],
    [{ will: { topic: "t", message: "m", QoS: 3 } }, "QoS 3 of the will is not 0, 1 or 2"],
    [{ will: { topic: "t", message: "m", QoS: -1 } }, "QoS -1 of the will is not 0, 1 or 2"],
  ];
  test.each(texts)("%j: %s", (options, text) => {
    const { pending } = clock;
    const make = options ? () => new Bench(options) : () => new MQTTClient(undefined as never);
    expect(textOf(make)).toBe(text);
    expect(clock.pending).toBe(pending);
  });

  test("options that are no object are missing", () => {
    expect(textOf(() => new MQTTClient("broker.local" as never))).toBe("options are missing");
  });
});

describe("an error thrown by write names the value and the limit, and nothing is sent", () => {
  const texts: [string, (client: MQTTClient) => unknown, string][] = [
    ["no options", (c) => c.write(bytes("x")), "options are missing, and no message waits for a fragment"],
    ["QoS", (c) => c.write(bytes("x"), { topic: "t", QoS: 3 }), "QoS 3 is not 0, 1 or 2"],
    ["no data", (c) => c.write(null, { topic: "t" }), "data is not a Byte Buffer"],
    ["words", (c) => c.write(new Uint16Array(1) as never, { topic: "t" }), "data is not a Byte Buffer"],
    ["a function", (c) => c.write((() => 0) as never, { topic: "t" }), "data is not a Byte Buffer"],
    ["an object", (c) => c.write({} as never, { topic: "t" }), "data is not a Byte Buffer"],
    [
      "byteLength",
      (c) => c.write(bytes("abc"), { topic: "t", byteLength: 2 }),
      `byteLength 2 is not 3 to ${MAXIMUM}`,
    ],
    [
      "a part of a byte",
      (c) => c.write(bytes("abc"), { topic: "t", byteLength: 3.5 }),
      "byteLength 3.5 is not an integer",
    ],
    ["no topic", (c) => c.write(bytes("x"), {}), "topic undefined is not a string"],
    ["id", (c) => c.write(bytes("x"), { topic: "t", QoS: 1, id: 0 }), "id 0 is not 1 to 65535"],
    [
      "a large id",
      (c) => c.write(bytes("x"), { topic: "t", QoS: 1, id: 65_536 }),
      "id 65536 is not 1 to 65535",
    ],
    ["a broken id", (c) => c.write(bytes("x"), { topic: "t", QoS: 1, id: 1.5 }), "id 1.5 is not 1 to 65535"],
    ["no id", (c) => c.write(null, { operation: MQTTClient.PUBREL }), "id undefined is not 1 to 65535"],
    [
      "properties",
      (c) => c.write(bytes("x"), { topic: "t", properties: { contentType: "text" } }),
      "properties need MQTT 5.0",
    ],
    ["an operation", (c) => c.write(null, { operation: 2 }), "operation 2 is not one that a client sends"],
    ["no items", (c) => c.write(null, { operation: 8 }), "operation 8 without items"],
    ["items of none", (c) => c.write(null, { operation: 10, items: [] }), "operation 10 without items"],
    [
      "QoS of an item",
      (c) => c.write(null, { operation: 8, items: [{ topic: "t", QoS: 3 }] }),
      "QoS 3 is not 0, 1 or 2",
    ],
    [
      "topic of an item",
      (c) => c.write(null, { operation: 8, items: [{ topic: 5 as never }] }),
      "topic 5 is not a string",
    ],
    [
      "a full socket",
      (c) => c.write(new Uint8Array(100), { topic: "t" }),
      "105 bytes do not fit the socket, which takes 64",
    ],
    [
      "a packet of a layer above",
      (c) => c.send(new Uint8Array(100), 100, 0, 0),
      "100 bytes do not fit the socket, which takes 64",
    ],
    ["format", (c) => Object.assign(c, { format: "number" }), "format number is not buffer"],
    [
      "payloadByteLength",
      (c) => c.prepare({ topic: "t", payloadByteLength: -1 }),
      `payloadByteLength -1 is not 0 to ${MAXIMUM}`,
    ],
    [
      "topic of a publisher",
      (c) => c.prepare({ topic: 5 as never, payloadByteLength: 1 }),
      "topic 5 is not a string",
    ],
    [
      "a payload not prepared for",
      (c) => c.prepare({ topic: "t", payloadByteLength: 2 }).write(bytes("abc")),
      "payload of 3 bytes was prepared for 2",
    ],
    [
      "a payload that is none",
      (c) => c.prepare({ topic: "t", payloadByteLength: 2 }).write("ab" as never),
      "payload is not a Byte Buffer",
    ],
  ];
  test.each(texts)("%s", (_name, action, text) => {
    const session = new Session();
    bench = new Bench({ session }, { sendBufferByteLength: 64 }).connect();
    const { client, broker } = bench;
    expect(textOf(() => action(client))).toBe(text);
    clock.advance(5);
    expect(broker.connection.log).toEqual(["connect"]);
    expect(session.inFlight).toBe(0);
  });

  test("in the middle of a message it says what is missing, or what is too much", () => {
    bench = new Bench().connect();
    const { client } = bench;
    const publisher = client.prepare({ topic: "t", payloadByteLength: 1 });
    client.write(bytes("a"), { topic: "t", byteLength: 3 });
    expect(textOf(() => client.write(bytes("b"), { topic: "t" }))).toBe(
      "2 bytes of the current message are still to be written",
    );
    expect(textOf(() => client.write(bytes("bcd")))).toBe("data of 3 bytes: the message has 2 left");
    expect(textOf(() => client.write(null))).toBe("data is not a Byte Buffer");
    const waits = "a message waits for its next fragment";
    expect(textOf(() => publisher.write(bytes("b")))).toBe(waits);
    expect(textOf(() => client.send(bytes("b"), 1, 0, 0))).toBe(waits);
    expect(
      textOf(() => client.sendMessage(bytes("b"), bytes("\0\x01t"), 1, 0, false, false, 0, undefined)),
    ).toBe(waits);
  });

  test("it tells a connection that is not ready from one that is closed", () => {
    bench = new Bench();
    const { client } = bench;
    const publisher = client.prepare({ topic: "t", payloadByteLength: 1 });
    const actions = [
      () => client.write(bytes("x"), { topic: "t" }),
      () => publisher.write(bytes("x")),
      () => client.send(bytes("x"), 1, 0, 0),
    ];
    for (const action of actions) expect(textOf(action)).toBe("CONNACK has not been received");
    client.close();
    for (const action of [...actions, () => client.read()])
      expect(textOf(action)).toBe("the client is closed");
  });

  test("read names the count that is none", () => {
    bench = new Bench({ onReadable: () => {} }).connect();
    bench.broker.connection.publish("t", "x");
    clock.advance(5);
    expect(textOf(() => bench!.client.read(-1))).toBe(`count -1 is not 0 to ${MAXIMUM}`);
    expect(textOf(() => bench!.client.read({} as never))).toBe("buffer is not a Byte Buffer");
  });
});

describe("onError gets a text that tells", () => {
  const refusals: [number, string][] = [
    [1, "unacceptable protocol version"],
    [2, "identifier rejected"],
    [3, "server unavailable"],
    [4, "bad user name or password"],
    [5, "not authorized"],
  ];
  test.each(refusals)("return code %i: %s", (returnCode, reason) => {
    bench = new Bench();
    bench.broker.returnCode = returnCode;
    bench.connect();
    expect(bench.errors.map(({ message }) => message)).toEqual([
      `the broker refused the connection with return code ${returnCode}, ${reason}`,
    ]);
  });

  /** Makes a client, lets something happen, and returns what `onError` was told. */
  function told(
    options: Partial<MQTTClientOptions>,
    happen: (bench: Bench) => void,
    time: number = 10,
  ): string[] {
    bench = new Bench({ connackTimeout: 4000, ...options });
    happen(bench);
    clock.advance(time);
    return bench.errors.map(({ message }) => message);
  }

  test("which step of connecting took too long", () => {
    expect(told({}, ({ broker }) => broker.network.cut(), 4000)).toEqual(["host not found in 4000 ms"]);
    bench?.broker.network.close();
    const cutLater = ({ broker }: Bench): void => {
      broker.network.onOpen = () => broker.network.cut();
    };
    expect(told({}, cutLater, 4000)).toEqual(["no connection in 4000 ms"]);
    bench?.broker.network.close();
    expect(told({}, ({ broker }) => broker.unanswered.add("connect"), 4000)).toEqual([
      "no CONNACK in 4000 ms",
    ]);
  });

  test("that the host is not known", () => {
    expect(told({ host: "nowhere.local" }, () => {}, 3999)).toEqual(["host nowhere.local was not found"]);
  });

  test("that the resolver does not work", () => {
    class Broken {
      constructor() {
        throw new Error("no UDP");
      }
    }
    expect(told({ dns: { io: Broken } }, () => {})).toEqual(["cannot look up broker.local: Error: no UDP"]);
  });

  test("that there is no way to the broker", () => {
    const happen = ({ broker }: Bench): void => {
      broker.network.hasRoute = false;
    };
    expect(told({}, happen)).toEqual(["no socket to broker.local: Error: connect error"]);
  });

  test("that the broker refused the connection", () => {
    expect(told({}, ({ broker }) => broker.stop(), 20)).toEqual(["the connection was refused"]);
  });

  test("that the broker closed the connection, before CONNACK or after it", () => {
    const refuse = ({ broker }: Bench): void => {
      broker.onPacket = (_packet, { peer }) => {
        peer.reset();
        return true;
      };
    };
    expect(told({}, refuse, 20)).toEqual(["the broker closed the connection before CONNACK"]);
    bench?.broker.network.close();
    const lose = (lost: Bench): void => lost.connect().broker.connection.peer.reset();
    expect(told({}, lose)).toEqual(["the connection was lost"]);
  });

  test("which packet came instead of CONNACK", () => {
    const packets: [number[], string][] = [
      [[0xd0, 0], "packet type 13 instead of CONNACK"],
      [[0x30, 4, 0, 1, 0x61, 0x62], "PUBLISH instead of CONNACK"],
      [[0x30, 0x84, 0x02, 1, 1, ...new Uint8Array(258)], "packet type 3 instead of CONNACK"],
    ];
    for (const [packet, text] of packets) {
      const answer = ({ broker }: Bench): void => {
        broker.onPacket = (_packet, { peer }) => {
          peer.send(packet);
          return true;
        };
      };
      expect(told({}, answer, 20)).toEqual([text]);
      bench?.broker.network.close();
    }
  });

  test("that a second CONNACK came", () => {
    const send = (twice: Bench): void => twice.connect().broker.connection.peer.send([0x20, 2, 0, 0]);
    expect(told({}, send)).toEqual(["a second CONNACK"]);
  });

  test("how long a packet was that is over a limit", () => {
    const send = (connected: Bench): void =>
      connected.connect().broker.connection.publish("t".repeat(300), "x");
    expect(told({}, send)).toEqual(["a packet of 306 bytes, type 3, was over a limit and skipped"]);
  });

  test("that the broker does not answer", () => {
    const cut = (connected: Bench): void => connected.connect().broker.network.cut();
    expect(told({ keepAlive: 8000 }, cut, 14_000)).toEqual(["the broker did not answer PINGREQ"]);
  });

  test("why the socket did not write or read", () => {
    const broker = new ScriptedBroker({ clock });
    const TCP = broker.socket.io as new (
      options: object,
    ) => { read(target: Uint8Array): unknown; write(bytes: Uint8Array): unknown };
    class Refusing extends TCP {
      override read(target: Uint8Array): unknown {
        if (broker.sessionPresent) throw new Error("no memory");
        return super.read(target);
      }
      override write(packet: Uint8Array): unknown {
        if (packet[0] === 0x30) throw new Error("not now");
        return super.write(packet);
      }
    }
    const options = { dns: broker.dns, socket: { io: Refusing } };
    const write = (connected: Bench): void =>
      void connected.connect().client.write(bytes("x"), { topic: "t" });
    expect(told(options, write)).toEqual(["the socket refused to write: Error: not now"]);
    broker.sessionPresent = true;
    expect(told(options, () => {}, 20)).toEqual(["the socket refused to read: Error: no memory"]);
    broker.network.close();
  });
});
