import { afterEach, expect, test } from "vitest";
import type MQTTClient from "../../../device/client/mqtt-client";
import { clock } from "../../support/timer";
import { bytesOf, PINGREQ, PINGRESP } from "../bytes";
import { closeAll, connectClient, RawBroker } from "../raw-broker";

afterEach(closeAll);

interface Observed {
  readonly client: MQTTClient;
  readonly broker: RawBroker;
  /** When packets arrived, ms. */
  readonly times: number[];
}

/** A client whose pings are answered. */
function observe(keepAlive: number): Observed {
  const broker = new RawBroker();
  const { client } = connectClient(broker, { keepAlive });
  const times: number[] = [];
  broker.peer.onData = () => {
    times.push(clock.now());
    if (broker.packets.at(-1) === PINGREQ) broker.peer.send(bytesOf(PINGRESP));
  };
  return { client, broker, times };
}

/** The longest time between two packets, or after the last. */
function longestGap(start: number, times: readonly number[]): number {
  let longest = 0;
  let previous = start;
  for (const time of [...times, clock.now()]) {
    longest = Math.max(longest, time - previous);
    previous = time;
  }
  return longest;
}

test.each([1000, 1500, 8000, 60_000, 65_535_000])(
  "[MQTT-3.1.2-23] with a Keep Alive of %d ms PINGREQ goes out before each has passed, and nothing else",
  (keepAlive) => {
    const { broker, times } = observe(keepAlive);
    const start = clock.now();
    clock.advance(20 * keepAlive);
    expect(longestGap(start, times)).toBeLessThanOrEqual(keepAlive);
    expect(broker.received.length).toBeGreaterThanOrEqual(20);
    expect(new Set(broker.received)).toEqual(new Set([PINGREQ]));
    expect(broker.isClosed).toBe(false);
    const seconds = Math.ceil(keepAlive / 1000);
    expect(broker.packets[0]?.split(" ").slice(10, 12)).toEqual(
      [seconds >> 8, seconds & 0xff].map((byte) => byte.toString(16).padStart(2, "0")),
    );
  },
);

test("[MQTT-3.1.2-23] the gap stays within the Keep Alive whenever the application sends", () => {
  const { client, broker, times } = observe(8000);
  const start = clock.now();
  // 37 ms to almost 9 s, in steps that hit every phase of the ping's timer.
  for (let count = 1; count <= 240; count++) {
    clock.advance(37 * count);
    client.write(Buffer.from("x"), { topic: "a" });
  }
  clock.advance(8000);
  expect(longestGap(start, times)).toBeLessThanOrEqual(8000);
  expect(broker.received.filter((bytes) => bytes !== PINGREQ).length).toBe(240);
});

test("[MQTT-3.1.2-23] with a Keep Alive of 0 no PINGREQ is sent", () => {
  const { broker } = observe(0);
  clock.advance(24 * 3_600_000);
  expect(broker.received).toEqual([]);
  expect(broker.isClosed).toBe(false);
});
