import { afterEach, describe, expect, test } from "vitest";
import MQTTClient from "../../device/client/mqtt-client";
import {
  CONNECTION_LOST,
  KEEP_ALIVE_TIMEOUT,
  MALFORMED_PACKET,
  MQTTError,
  NOT_CONNECTED,
  PACKET_TOO_LARGE,
  PEER,
  RESOURCE,
  USAGE,
} from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { codeOf } from "./code-of";
import { Bench, bytes } from "./mqtt-client-bench";

let bench: Bench;

function connected(...options: ConstructorParameters<typeof Bench>): Bench {
  bench = new Bench(...options).connect();
  return bench;
}

afterEach(() => {
  bench?.client.close();
  bench?.broker.network.close();
  clock.advance(10);
  expect(clock.pending).toBe(0);
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

  test("a socket that died with acknowledgements waiting, and so does not tell, is found too", () => {
    connected({ keepAlive: 10_000 }, { sendBufferByteLength: 64 });
    const { connection } = bench.broker;
    connection.peer.acknowledging = false;
    bench.client.write(bytes("x".repeat(57)), { topic: "t" });
    for (let id = 1; id <= 40; id += 1) connection.publish("t", "x", { qos: 1, messageId: id });
    clock.advance(50);
    bench.broker.network.dropConnections();
    clock.advance(15_000);
    expect(bench.errors[0]?.code).toBe(KEEP_ALIVE_TIMEOUT);
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
