import { afterEach, describe, expect, test } from "vitest";
import type { MQTTClientOptions } from "../../device/client/mqtt-client";
import { KEEP_ALIVE_TIMEOUT } from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { DirectBench, puback, publish } from "./direct-bench";

let bench: DirectBench;

function connected(options: Partial<MQTTClientOptions>, free: number = 1000): DirectBench {
  bench = new DirectBench(options).connect(free);
  return bench;
}

afterEach(() => {
  bench.end();
  expect(clock.pending).toBe(0);
});

describe("keep-alive", () => {
  test("a ping waits until the socket takes its two bytes", () => {
    const { socket, events } = connected({ keepAlive: 8000 }, 1);
    clock.advance(8000);
    expect(socket.written).toEqual([]);
    socket.take(1);
    expect(socket.written).toEqual([]);
    socket.take(2);
    expect(socket.written).toEqual([[0xc0, 0]]);
    expect(events).toEqual([]);
  });

  test("a ping waits behind acknowledgements that wait", () => {
    const { socket } = connected({ keepAlive: 8000 }, 2);
    socket.deliver(...publish("x", 1, 1));
    clock.advance(8000);
    expect(socket.written).toEqual([]);
    socket.take(100);
    expect(socket.written).toEqual([puback(1), [0xc0, 0]]);
  });

  test("an answer may stand behind what the application has not read: then the broker is not given up", () => {
    const { socket, events } = connected({ keepAlive: 8000, bufferByteLength: 16, onReadable: () => {} });
    socket.deliver(...publish("x".repeat(100)));
    clock.advance(60_000);
    expect(events).toEqual([]);
  });

  test("with nothing in the socket the broker is given up, and what was not read is gone", () => {
    const { client, socket, events } = connected({ keepAlive: 8000, onReadable: () => {} });
    socket.deliver(...publish("unread"));
    clock.advance(13_000);
    expect(events).toEqual([`error ${KEEP_ALIVE_TIMEOUT}`, "close"]);
    expect(client.read()).toBeUndefined();
    clock.advance(1);
    expect(events).toHaveLength(2);
  });

  test("a broker whose TCP takes the pings, and which itself is silent, is given up", () => {
    const { socket, events } = connected({ keepAlive: 8000 });
    for (let time = 0; time < 13_000; time += 500) {
      if (events.every((event) => !event.startsWith("error"))) socket.take(1000);
      clock.advance(500);
    }
    expect(events).toContain(`error ${KEEP_ALIVE_TIMEOUT}`);
  });

  test.each([800, 8000, 120_000, 600_000])("of %i ms: silence is found 5 s after the ping", (keepAlive) => {
    const { socket, events } = connected({ keepAlive });
    clock.advance(keepAlive);
    expect(socket.written).toEqual([[0xc0, 0]]);
    expect(events).toEqual([]);
    clock.advance(4999);
    expect(events).toEqual([]);
    clock.advance(1);
    expect(events).toEqual([`error ${KEEP_ALIVE_TIMEOUT}`, "close"]);
  });
});
