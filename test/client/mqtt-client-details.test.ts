import { afterEach, describe, expect, test } from "vitest";
import MQTTClient, { type ControlMessage } from "../../device/client/mqtt-client";
import { CONNECTION_LOST, PACKET_TOO_LARGE } from "../../device/mqtt/mqtt-error";
import { Session } from "../../device/mqtt/session";
import { clock } from "../support/timer";
import { CONNACK, DirectBench, PINGRESP, publish } from "./direct-bench";
import { Bench, bytes } from "./mqtt-client-bench";

let bench: DirectBench;

afterEach(() => {
  bench.end();
  expect(clock.pending).toBe(0);
});

/** A PUBLISH whose topic of `length` characters is over the limit of the header. */
function oversized(length: number, QoS: 0 | 1 | 2, id: number): number[] {
  const topic = Array.from({ length }, () => 0x74);
  const identifier = QoS > 0 ? [id >> 8, id & 255] : [];
  return [0x30 | (QoS << 1), 2 + length + identifier.length + 1, 0, length, ...topic, ...identifier, 0x78];
}

describe("what the client says of itself", () => {
  test("is its version, and whether it has sent CONNECT, until it is closed", () => {
    bench = new DirectBench();
    const { client, socket } = bench;
    expect([client.version, client.asked, client.ended]).toEqual([4, false, false]);
    socket.take(1000);
    expect([client.asked, client.ended]).toEqual([true, false]);
    socket.deliver(...CONNACK);
    expect([client.limits, client.quota]).toEqual([undefined, 65_536]);
    client.close();
    expect([client.version, client.asked, client.ended]).toEqual([undefined, false, true]);
    expect([client.limits, client.quota, client.writable]).toEqual([undefined, 65_536, 0]);
  });

  test("is that it has ended, when the connection is lost", () => {
    bench = new DirectBench().connect();
    bench.socket.fail();
    expect(bench.client.ended).toBe(true);
  });
});

describe("session present", () => {
  test("is not believed of a broker that was asked for a clean session, as by default [MQTT-3.2.2-1]", () => {
    for (const options of [{}, { clean: true }, { clean: false }]) {
      const messages: ControlMessage[] = [];
      bench = new DirectBench({
        ...options,
        onControl: (_opcode: number, message: ControlMessage) => void messages.push(message),
      });
      bench.socket.take(1000);
      bench.socket.deliver(0x20, 2, 1, 0);
      expect(messages).toMatchObject([{ sessionPresent: options.clean === false }]);
      bench.end();
    }
  });
});

describe("a client with no callback at all", () => {
  const none = {
    onReadable: undefined as never,
    onWritable: undefined as never,
    onControl: undefined as never,
    onError: undefined as never,
    onClose: undefined as never,
  };

  test("reads, acknowledges and skips all that comes", () => {
    bench = new DirectBench(none).connect();
    const { socket } = bench;
    socket.deliver(...PINGRESP, ...publish("x", 1, 1), ...publish("", 2, 2), 0x62, 2, 0, 2);
    socket.deliver(0x32, 0xb4, 2, 1, 44, ...new Array(300).fill(0x74), 0, 3, ...new Array(4).fill(0x78));
    expect(socket.written.map(([first, , , id]) => `${first} ${id}`)).toEqual([
      "64 1",
      "80 2",
      "112 2",
      "64 3",
    ]);
  });

  test("ends without a word", () => {
    bench = new DirectBench(none).connect();
    bench.socket.fail();
    expect(bench.client.ended).toBe(true);
    bench = new DirectBench(none).connect();
    bench.socket.deliver(0xff);
    expect(bench.client.ended).toBe(true);
  });
});

describe("options that are null", () => {
  test("count as not given", () => {
    const scripted = new Bench({ user: null as never, password: null as never, will: null }).connect();
    const [connect] = scripted.broker.connection.all("connect");
    expect([connect?.username, connect?.password, connect?.will]).toEqual([undefined, undefined, undefined]);
    scripted.client.close();
    scripted.broker.network.close();
    bench = new DirectBench();
  });
});

describe("a message", () => {
  test("of QoS 1 is no duplicate of one of QoS 2 with its identifier", () => {
    bench = new DirectBench().connect();
    bench.socket.deliver(...publish("a", 2, 5), ...publish("b", 1, 5), ...publish("c"));
    expect(bench.events).toEqual(["readable t a", "readable t b", "readable t c"]);
    expect(bench.socket.written.map(([first]) => first)).toEqual([0x50, 0x40]);
  });

  test("without payload is told of once at QoS 2 [MQTT-4.3.3-2]", () => {
    bench = new DirectBench().connect();
    bench.socket.deliver(...publish("", 2, 5));
    bench.socket.deliver(...publish("", 2, 5, 8));
    expect(bench.events).toEqual(["readable t "]);
    expect(bench.socket.written).toEqual([
      [0x50, 2, 0, 5],
      [0x50, 2, 0, 5],
    ]);
  });

  test("without payload can be read while it is told of, and not after", () => {
    bench = new DirectBench().connect();
    bench.socket.deliver(...publish(""));
    expect(bench.events).toEqual(["readable t "]);
    expect(bench.client.read()).toBeUndefined();
  });

  test("is read as much as is asked for, none included, and no more than there is", () => {
    const lengths: (number | undefined)[] = [];
    bench = new DirectBench({
      onReadable() {
        for (const count of [0, 2, 9]) lengths.push(this.read(count).byteLength);
        lengths.push(this.read()?.byteLength);
      },
    }).connect();
    bench.socket.deliver(...publish("abcd"));
    expect(lengths).toEqual([0, 2, 2, undefined]);
  });

  test("is not acknowledged by reading nothing of it", () => {
    bench = new DirectBench({ onReadable: () => {} }).connect();
    bench.socket.deliver(...publish("abcd", 1, 1));
    bench.client.read(0);
    bench.client.read(new Uint8Array(0));
    clock.advance(1);
    expect(bench.socket.written).toEqual([]);
    bench.client.read();
    clock.advance(1);
    expect(bench.socket.written).toEqual([[0x40, 2, 0, 1]]);
  });
});

describe("a packet over a limit", () => {
  test("of QoS 0 is reported, and answered with nothing", () => {
    const session = new Session();
    bench = new DirectBench({ headerByteLength: 16, session }).connect();
    bench.socket.deliver(...oversized(30, 0, 0));
    expect(bench.events).toEqual([`error ${PACKET_TOO_LARGE}`]);
    expect(bench.socket.written).toEqual([]);
    bench.socket.deliver(...publish("x", 2, 1));
    expect(bench.events[1]).toBe("readable t x");
  });

  test("that is SUBACK is reported, its identifier is free, and its return codes are not made up", () => {
    const session = new Session();
    bench = new DirectBench({ headerByteLength: 16, session }).connect();
    const items = Array.from({ length: 20 }, (_, index) => ({ topic: `${index}` }));
    bench.client.write(null, { operation: MQTTClient.SUBSCRIBE, items });
    expect(session.inFlight).toBe(1);
    bench.socket.deliver(0x90, 22, 0, 1, ...new Array(20).fill(0));
    expect(bench.events).toEqual([`error ${PACKET_TOO_LARGE}`]);
    expect(session.inFlight).toBe(0);
  });

  test("on whose report the application closes comes again, to a client that can take it", () => {
    const session = new Session();
    bench = new DirectBench({
      clean: false,
      session,
      headerByteLength: 16,
      onError() {
        this.close();
      },
    }).connect();
    bench.socket.deliver(...oversized(30, 2, 7));
    bench = new DirectBench({ clean: false, session });
    bench.socket.take(1000);
    bench.socket.deliver(0x20, 2, 1, 0);
    bench.events.length = 0;
    bench.socket.deliver(...oversized(30, 2, 7));
    expect(bench.events).toEqual([`readable ${"t".repeat(30)} x`]);
  });
});

describe("onControl", () => {
  test("gets of PINGRESP its operation alone, and of an acknowledgement the identifier too", () => {
    const messages: ControlMessage[] = [];
    bench = new DirectBench({
      onControl: (_opcode: number, message: ControlMessage) => void messages.push(message),
    });
    bench.connect();
    bench.socket.deliver(...PINGRESP, 0x40, 2, 0x12, 0x34);
    expect(messages.slice(1)).toEqual([{ operation: 13 }, { operation: 4, id: 0x1234 }]);
  });
});

describe("a client without id", () => {
  test("leaves it to the broker to give it one [MQTT-3.1.3-6]", () => {
    bench = new DirectBench({ id: undefined as never });
    bench.socket.take(1000);
    expect(bench.socket.written[0]?.slice(10)).toEqual([0, 0, 0, 0]);
  });
});

describe("a resolver", () => {
  test("that reports an error when it has answered already harms nothing", () => {
    let report: (() => void) | undefined;
    class Resolver {
      resolve(given: {
        host: string;
        onResolved(host: string, address: string): void;
        onError(): void;
      }): void {
        report = given.onError;
        given.onResolved(given.host, "10.0.0.1");
      }
    }
    bench = new DirectBench({ dns: { io: Resolver } }).connect();
    report?.();
    clock.advance(1);
    expect(bench.events).toEqual([]);
    expect(bench.client.ended).toBe(false);
  });

  test("is closed as soon as it has answered, also inside of resolve, and when it finds nothing", () => {
    let closed = 0;
    class Resolver {
      resolve(given: {
        host: string;
        onResolved(host: string, address: string): void;
        onError(): void;
      }): void {
        if (given.host === "nowhere") given.onError();
        else given.onResolved(given.host, "10.0.0.1");
      }
      close(): void {
        closed += 1;
      }
    }
    bench = new DirectBench({ dns: { io: Resolver } });
    expect(closed).toBe(1);
    bench.end();
    expect(closed).toBe(1);
    bench = new DirectBench({ host: "nowhere", dns: { io: Resolver } });
    expect(closed).toBe(2);
    clock.advance(1);
    expect(bench.events).toEqual(["error 106", "close"]);
  });
});

test("a layered socket tells its errors too, with their cause", () => {
  const scripted = new Bench();
  const { io: TCP } = scripted.broker.socket as { io: new (options: object) => { close(): void } };
  scripted.client.close();
  class Layered extends TCP {
    constructor(options: Record<"onReadable" | "onWritable" | "onError", (value?: unknown) => void>) {
      const { onReadable, onWritable, onError } = options;
      super({
        ...options,
        onReadable: (count: number) => onReadable(count),
        onWritable: (count: number) => onWritable(count),
        onError: () => onError(),
      });
    }
  }
  const { broker } = scripted;
  bench = new DirectBench({ dns: broker.dns, socket: { io: Layered, TCP: { io: TCP } } });
  clock.advance(20);
  broker.connection.peer.reset();
  clock.advance(10);
  expect(bench.events.slice(-2)).toEqual([`error ${CONNECTION_LOST}`, "close"]);
  broker.network.close();
});

test("options at their limits are taken", () => {
  for (const options of [
    { bufferByteLength: 65_536, connackTimeout: 1, port: 1, keepAlive: 65_535_000 },
    { bufferByteLength: 16, connackTimeout: 0x7fff_ffff, port: 65_535, keepAlive: 0 },
  ]) {
    bench = new DirectBench(options).connect();
    bench.client.write(new Uint8ClampedArray([120]), { topic: "t" });
    bench.client.write(bytes("x"), { topic: "t" });
    expect(bench.socket.written).toEqual([publish("x"), publish("x")]);
    bench.end();
  }
});
