import { afterEach, describe, expect, test } from "vitest";
import {
  INVALID_OPTION,
  INVALID_QOS,
  INVALID_STATE,
  INVALID_TOPIC,
  NOT_CONNECTED,
} from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { codeOf } from "./code-of";
import { Bench, bytes } from "./mqtt-client-bench";
import { ReliableBench } from "./reliable-client-bench";

describe("a publisher prepared by MQTTClient", () => {
  let bench: Bench;

  afterEach(() => {
    bench.client.close();
    bench.broker.network.close();
    clock.advance(10);
    expect(clock.pending).toBe(0);
  });

  test.each([0, 1, 2] as const)(
    "sends at QoS %i the very bytes that write sends, in one write each",
    (QoS) => {
      bench = new Bench().connect();
      const publisher = bench.client.prepare({ topic: "home/temp", QoS, retain: true, payloadByteLength: 4 });
      for (const reading of ["21.5", "21.6"]) {
        publisher.write(bytes(reading));
        clock.advance(20);
      }
      const before = bench.broker.connection.peer.writes.length;
      bench.client.write(bytes("21.6"), { topic: "home/temp", QoS, retain: true });
      clock.advance(20);
      const published = bench.broker.connection.all("publish");
      expect(published.map(({ payload }) => payload.toString())).toEqual(["21.5", "21.6", "21.6"]);
      expect(published.map(({ messageId }) => messageId)).toEqual(
        QoS === 0 ? [undefined, undefined, undefined] : [1, 2, 3],
      );
      for (const packet of published)
        expect(packet).toMatchObject({ topic: "home/temp", qos: QoS, retain: true });
      const { writes } = bench.broker.connection.peer;
      const [prepared, plain] = [writes[QoS === 2 ? before - 2 : before - 1]!, writes[before]!];
      // All but the Packet Identifier, which stands behind the two-byte Fixed Header and the topic.
      if (QoS > 0) plain[14] = prepared[14]!;
      expect([...prepared]).toEqual([...plain]);
    },
  );

  test("may be made before CONNACK, and throws NOT_CONNECTED until then", () => {
    bench = new Bench();
    const publisher = bench.client.prepare({ topic: "t", payloadByteLength: 1 });
    expect(codeOf(() => publisher.write(bytes("a")))).toBe(NOT_CONNECTED);
    bench.connect();
    publisher.write(bytes("a"));
    clock.advance(5);
    expect(bench.broker.connection.all("publish")).toHaveLength(1);
  });

  test("refuses a payload of another length, a fragment's time, and a closed client", () => {
    bench = new Bench().connect();
    const publisher = bench.client.prepare({ topic: "t", payloadByteLength: 2 });
    expect(codeOf(() => publisher.write(bytes("abc")))).toBe(INVALID_OPTION);
    bench.client.write(bytes("a"), { topic: "t", byteLength: 2 });
    expect(codeOf(() => publisher.write(bytes("ab")))).toBe(INVALID_STATE);
    bench.client.write(bytes("b"));
    bench.client.close();
    expect(codeOf(() => publisher.write(bytes("ab")))).toBe(INVALID_STATE);
    expect(codeOf(() => bench.client.prepare({ topic: "t", payloadByteLength: 2 }))).toBe(INVALID_STATE);
  });

  test("refuses options that are none", () => {
    bench = new Bench().connect();
    const { client } = bench;
    expect(codeOf(() => client.prepare({ topic: "a/#", payloadByteLength: 1 }))).toBe(INVALID_TOPIC);
    expect(codeOf(() => client.prepare({ topic: "t", QoS: 3, payloadByteLength: 1 }))).toBe(INVALID_QOS);
    expect(codeOf(() => client.prepare({ topic: "t", payloadByteLength: -1 }))).toBe(INVALID_OPTION);
  });
});

describe("a publisher prepared by ReliableClient", () => {
  let bench: ReliableBench;

  afterEach(() => bench.end());

  test("publishes at once at QoS 0, and reports it as delivered", () => {
    bench = new ReliableBench().connect();
    const publisher = bench.client.prepare({ topic: "home/temp", payloadByteLength: 4 });
    const token = publisher.write(bytes("21.5"));
    clock.advance(10);
    expect(bench.sent()).toEqual(["publish home/temp 21.5"]);
    expect(bench.delivered).toEqual([token]);
  });

  test("keeps the newest while offline, as publish does", () => {
    bench = new ReliableBench().connect();
    const publisher = bench.client.prepare({ topic: "home/temp", payloadByteLength: 1 });
    bench.cut();
    for (const reading of ["1", "2", "3"]) publisher.write(bytes(reading));
    bench.reconnect();
    expect(bench.sent()).toEqual(["publish home/temp 3"]);
    expect(bench.dropped).toHaveLength(2);
  });

  test("delivers QoS 1, and a payload of another length", () => {
    bench = new ReliableBench().connect();
    const publisher = bench.client.prepare({ topic: "t", QoS: 1, payloadByteLength: 1 });
    publisher.write(bytes("a"));
    publisher.write(bytes("long"));
    clock.advance(20);
    expect(bench.sent()).toEqual(["publish 1 t a", "publish 2 t long"]);
    expect(bench.delivered).toHaveLength(2);
  });
});
