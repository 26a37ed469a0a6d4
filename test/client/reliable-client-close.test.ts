import { afterEach, describe, expect, test } from "vitest";
import { DEADLINE } from "../../device/client/delivery";
import type ReliableClient from "../../device/client/reliable-client";
import { CLIENT_CLOSED, INVALID_STATE } from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { codeOf } from "./code-of";
import { ReliableBench } from "./reliable-client-bench";

let bench: ReliableBench;

function online(...options: ConstructorParameters<typeof ReliableBench>): ReliableBench {
  bench = new ReliableBench(...options).connect();
  return bench;
}

/** Connected once, then the broker was stopped. */
function offline(...options: ConstructorParameters<typeof ReliableBench>): ReliableBench {
  online(...options);
  bench.broker.stop();
  clock.advance(10);
  bench.events.length = 0;
  return bench;
}

afterEach(() => {
  bench.end();
  expect(clock.pending).toBe(0);
});

describe("closing", () => {
  test("sends DISCONNECT, so the will is not published, and leaves nothing", () => {
    online({ will: { topic: "status", message: "offline" } });
    bench.client.publish("status", "offline", { retain: true });
    bench.client.close();
    bench.client.close();
    clock.advance(20);
    expect(bench.broker.connection.log.slice(-2)).toEqual(["publish status offline", "disconnect"]);
    expect(bench.broker.network.connectionCount).toBe(0);
    expect(clock.pending).toBe(0);
  });

  for (const time of [0, 1, 2, 3, 4, 5, 6, 10, 20])
    test(`${time} ms after construction leaves nothing`, () => {
      bench = new ReliableBench();
      clock.advance(time);
      bench.client.close();
      clock.advance(20);
      expect(bench.broker.network.connectionCount).toBe(0);
      expect(clock.pending).toBe(0);
    });

  test("while it waits to reconnect leaves nothing", () => {
    offline();
    bench.client.publish("t", "x", { delivery: DEADLINE, deadline: 5000 });
    bench.client.flush(5000, () => {});
    bench.client.close();
    expect(clock.pending).toBe(0);
    clock.advance(100_000);
    expect(bench.broker.connections.length).toBe(1);
  });

  test("drops what is not delivered, reports it, and refuses what follows", () => {
    offline();
    const token = bench.client.publish("t", "x", { QoS: 1 });
    bench.client.close();
    expect(bench.dropped).toEqual([[token, CLIENT_CLOSED]]);
    expect(codeOf(() => bench.client.publish("t", "x"))).toBe(INVALID_STATE);
    expect(codeOf(() => bench.client.subscribe("t"))).toBe(INVALID_STATE);
    expect(codeOf(() => bench.client.flush(1, () => {}))).toBe(INVALID_STATE);
  });

  const places = ["onConnect", "onDisconnect", "onMessage", "onDelivered", "onDropped", "onError"] as const;
  test.each(places)("inside %s works, and no callback but onDropped follows", (place) => {
    let closed = false;
    const after: string[] = [];
    const callbacks = Object.fromEntries(
      places.map((name) => [
        name,
        function (this: ReliableClient): void {
          if (closed && name !== "onDropped") after.push(name);
          if (name !== place || closed) return;
          closed = true;
          this.close();
        },
      ]),
    );
    online({ ...callbacks, messageByteLength: 10 });
    if (!closed) {
      bench.client.publish("t", "x", { QoS: 1 });
      bench.broker.connection.publish("t", place === "onError" ? "far too long for it" : "in", {
        qos: 1,
        messageId: 1,
      });
      clock.advance(10);
    }
    if (!closed) bench.cut();
    if (!closed) {
      bench.client.publish("t", "1");
      bench.client.publish("t", "2");
    }
    clock.advance(100);
    expect([closed, after]).toEqual([true, []]);
    expect(clock.pending).toBe(0);
  });
});

describe("flush", () => {
  test("calls back when all is acknowledged or written, never before it returns", () => {
    online();
    const counts: number[] = [];
    bench.client.publish("t", "x", { QoS: 1 });
    bench.client.publish("t", "y");
    bench.client.flush(1000, (count) => void counts.push(count));
    expect(counts).toEqual([]);
    clock.advance(1);
    expect(counts).toEqual([]);
    clock.advance(10);
    expect(counts).toEqual([0]);
    clock.advance(2000);
    expect(counts).toEqual([0]);
  });

  test("with nothing to wait for it calls back in the next turn", () => {
    offline();
    const counts: number[] = [];
    bench.client.flush(1000, (count) => void counts.push(count));
    clock.advance(0);
    expect(counts).toEqual([0]);
  });

  test("at its deadline it tells how many are unsent, with the broker or DNS dead", () => {
    bench = new ReliableBench();
    bench.broker.network.cut();
    const counts: number[] = [];
    bench.client.publish("a", "x", { QoS: 1 });
    bench.client.publish("b", "x");
    bench.client.flush(1500, (count) => void counts.push(count));
    clock.advance(1499);
    expect(counts).toEqual([]);
    clock.advance(1);
    expect(counts).toEqual([2]);
  });

  test("dropped messages end it too, and close inside the callback works", () => {
    offline();
    const counts: number[] = [];
    bench.client.publish("a", "x", { delivery: DEADLINE, deadline: 50 });
    bench.client.flush(5000, (count) => {
      counts.push(count);
      bench.client.close();
    });
    clock.advance(60);
    expect(counts).toEqual([0]);
    expect(clock.pending).toBe(0);
  });

  test("a second flush replaces the first", () => {
    offline();
    const counts: string[] = [];
    bench.client.publish("a", "x");
    bench.client.flush(100, () => void counts.push("first"));
    bench.client.flush(100, () => void counts.push("second"));
    clock.advance(200);
    expect(counts).toEqual(["second"]);
  });
});
