import { afterEach, describe, expect, test } from "vitest";
import MQTTClient, { type MQTTClientOptions } from "../../device/client/mqtt-client";
import { clock } from "../support/timer";
import { Bench, bytes } from "./mqtt-client-bench";

let bench: Bench;

/** Nothing is left behind: no timer, no connection that the device knows. */
function expectNothingLeft(): void {
  clock.advance(20);
  expect(bench.broker.network.connectionCount).toBe(0);
  expect(clock.pending).toBe(0);
}

afterEach(() => {
  bench.client.close();
  bench.broker.network.close();
  clock.advance(10);
  expect(clock.pending).toBe(0);
});

describe("close", () => {
  for (let time = 0; time <= 12; time += 1)
    test(`${time} ms after construction leaves nothing and calls nothing (SDK defect: kills the machine)`, () => {
      bench = new Bench({ keepAlive: 60_000 });
      clock.advance(time);
      const { length } = bench.events;
      bench.client.close();
      bench.client.close();
      clock.advance(1000);
      expect(bench.events.length).toBe(length);
      expectNothingLeft();
    });

  test("while the host name is looked up, and nobody answers, leaves nothing (SDK defect)", () => {
    bench = new Bench();
    bench.broker.network.cut();
    clock.advance(1500);
    bench.client.close();
    expectNothingLeft();
  });

  const moments: [string, (close: (this: MQTTClient) => void) => Partial<MQTTClientOptions>][] = [
    [
      "onControl",
      (close) => ({
        onControl(this: MQTTClient, _opcode: number, _message) {
          close.call(this);
        },
      }),
    ],
    ["onWritable", (onWritable) => ({ onWritable })],
    ["onReadable before reading (SDK defect: kills the machine)", (onReadable) => ({ onReadable })],
    [
      "onReadable after reading",
      (close) => ({
        onReadable() {
          this.read();
          close.call(this);
        },
      }),
    ],
    ["onError", (onError) => ({ onError })],
    ["onClose", (onClose) => ({ onClose })],
    [
      "onAcknowledge",
      (onAcknowledge) => ({
        onAcknowledge,
        onControl(this: MQTTClient, _opcode: number, _message) {
          this.write(bytes("x"), { topic: "t", QoS: 1 });
        },
      }),
    ],
  ];
  test.each(moments)("inside %s leaves nothing, and no callback follows", (_name, options) => {
    let closed = false;
    let after = 0;
    const count = (): void => {
      if (closed) after += 1;
    };
    const close = function (this: MQTTClient): void {
      closed = true;
      this.close();
    };
    bench = new Bench({
      onReadable() {
        count();
        this.read();
      },
      onWritable: count,
      onControl: (_opcode: number, _message) => count(),
      onError: count,
      onClose: count,
      ...options(close),
    });
    bench.connect();
    bench.broker.connection.publish("t", "one", { qos: 1, messageId: 1 });
    bench.broker.connection.publish("t", "", { qos: 2, messageId: 2 });
    clock.advance(10);
    if (!closed) bench.broker.connection.peer.reset();
    clock.advance(10);
    expect([closed, after]).toEqual([true, 0]);
    expectNothingLeft();
  });

  test("calls no onClose: no callback follows close (ECMA-419 clause 8)", () => {
    bench = new Bench().connect();
    bench.events.length = 0;
    bench.client.close();
    clock.advance(100);
    expect(bench.events).toEqual([]);
  });

  test("with a message half read, half written or unacknowledged leaves nothing", () => {
    bench = new Bench({ keepAlive: 10_000, onReadable: () => {} }).connect();
    bench.broker.connection.publish("t", "abc");
    clock.advance(5);
    bench.client.read(1);
    bench.client.write(bytes("x"), { topic: "t", byteLength: 9 });
    bench.client.close();
    expectNothingLeft();
  });

  test("cancels the report of an error that was found inside a method", () => {
    class Broken {
      constructor() {
        throw new Error("no UDP");
      }
    }
    bench = new Bench({ dns: { io: Broken } });
    bench.client.close();
    clock.advance(10);
    expect(bench.events).toEqual([]);
  });

  test("does not send DISCONNECT, so the broker publishes the will (ECMA-419 clause 25)", () => {
    bench = new Bench().connect();
    bench.client.close();
    clock.advance(10);
    expect(bench.broker.connection.log).toEqual(["connect"]);
    expect(bench.broker.connection.peer.finished).toBe(true);
  });

  test("right after DISCONNECT the DISCONNECT still goes out", () => {
    bench = new Bench().connect();
    bench.client.write(null, { operation: MQTTClient.DISCONNECT });
    bench.client.close();
    clock.advance(10);
    expect(bench.broker.connection.log).toEqual(["connect", "disconnect"]);
    expectNothingLeft();
  });
});

describe("re-entrancy", () => {
  test("write works inside every callback", () => {
    const send = function (this: MQTTClient, text: string): void {
      this.write(bytes(text), { topic: "t" });
    };
    let writable = false;
    bench = new Bench({
      onControl(this: MQTTClient, opcode: number, _message) {
        if (opcode === MQTTClient.CONNACK) send.call(this, "control");
      },
      onWritable() {
        if (!writable) send.call(this, "writable");
        writable = true;
      },
      onReadable() {
        send.call(this, "before");
        this.read();
        send.call(this, "after");
      },
    });
    bench.connect();
    bench.broker.connection.publish("in", "x");
    clock.advance(10);
    expect(bench.broker.connection.log.slice(1)).toEqual([
      "publish t control",
      "publish t writable",
      "publish t before",
      "publish t after",
    ]);
  });

  test("write throws inside onError and onClose, and a new client may be made there", () => {
    let thrown = 0;
    let next: MQTTClient | undefined;
    const attempt = function (this: MQTTClient): void {
      try {
        this.write(bytes("x"), { topic: "t" });
      } catch {
        thrown += 1;
      }
    };
    bench = new Bench({
      onError: attempt,
      onClose() {
        attempt.call(this);
        const { dns, socket } = bench.broker;
        next = new MQTTClient({ host: "broker.local", dns, socket });
      },
    }).connect();
    bench.broker.connection.peer.reset();
    clock.advance(30);
    expect(thrown).toBe(2);
    expect(bench.broker.connections.length).toBe(2);
    next?.close();
  });
});
