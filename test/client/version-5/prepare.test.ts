import { expect, test } from "vitest";
import { clock } from "../../support/timer";
import { bytes } from "../mqtt-client-bench";
import { Bench, ReliableBench } from "./bench";

test("a publisher prepared by MQTTClient publishes in MQTT 5.0 too", () => {
  const { client, connection } = new Bench();
  const publisher = client.prepare({ topic: "home/temp", QoS: 1, payloadByteLength: 4 });
  publisher.write(bytes("21.5"));
  publisher.write(bytes("21.6"));
  clock.advance(10);
  const packets = connection.all("publish");
  expect(packets.map(({ payload, qos, messageId }) => `${payload} ${qos} ${messageId}`)).toEqual([
    "21.5 1 1",
    "21.6 1 2",
  ]);
});

test("what ReliableClient has prepared goes out as any other message of MQTT 5.0", () => {
  const bench = new ReliableBench();
  bench.client.prepare({ topic: "t", payloadByteLength: 1 }).write(bytes("1"));
  clock.advance(10);
  expect(bench.sent).toEqual([expect.stringContaining("t 1")]);
  expect(bench.client.waiting).toBe(0);
});
