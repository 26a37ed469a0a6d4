import { describe, expect, test } from "vitest";
import { CONNECTION_LOST, CONNECTION_REFUSED, INVALID_OPTION } from "../../../device/mqtt/mqtt-error";
import { clock } from "../../support/timer";
import { codeThrownBy, ReliableBench } from "./bench";
import type { Script } from "./broker";

/** A broker that knows 3.1.1 only, and says so in one way or another. */
function refusing(how: "closes" | number[]): Script {
  return (packet, { peer, protocolVersion }) => {
    if (packet.cmd !== "connect" || protocolVersion === 4) return false;
    if (how === "closes") peer.finish();
    else peer.send(Uint8Array.from(how));
    return true;
  };
}

/** Protocol versions of all attempts. */
function versions(bench: ReliableBench): number[] {
  return bench.broker.connections.map(({ protocolVersion }) => protocolVersion);
}

describe("a broker that does not know 5.0", () => {
  test.each([
    ["CONNACK 1 of 3.1.1 (Aedes 1)", [0x20, 2, 0, 1]],
    ["CONNACK 0x84 of 5.0", [0x20, 3, 0, 0x84, 0]],
  ])("and says so by %s is asked again at once in 3.1.1", (_name, bytes) => {
    const bench = new ReliableBench({}, (broker) => {
      broker.script = refusing(bytes);
    });
    expect(versions(bench)).toEqual([5, 4]);
    expect(bench.events).toEqual([`error ${CONNECTION_REFUSED}`, "connect 4 false"]);
    expect([bench.client.version, bench.client.limits]).toEqual([4, undefined]);
    bench.cut().reconnect();
    expect(versions(bench)).toEqual([5, 4, 4]);
  });

  test("and just closes (RabbitMQ) is asked again in 3.1.1 after the usual delay, and that is remembered", () => {
    const bench = new ReliableBench({}, (broker) => {
      broker.script = refusing("closes");
    });
    expect(bench.events).toEqual([`error ${CONNECTION_LOST}`]);
    expect(versions(bench)).toEqual([5]);
    bench.reconnect();
    expect(bench.events.at(-1)).toBe("connect 4 false");
    bench.cut().reconnect();
    bench.cut().reconnect();
    expect(versions(bench)).toEqual([5, 4, 4, 4]);
  });

  test("may have closed for another reason: while 3.1.1 does not succeed either both are tried in turn", () => {
    const bench = new ReliableBench({}, (broker) => {
      broker.script = (packet, { peer }) => {
        if (packet.cmd === "connect") peer.finish();
        return true;
      };
    });
    for (let attempt = 0; attempt < 3; attempt++) bench.reconnect();
    expect(versions(bench)).toEqual([5, 4, 5, 4]);
    bench.broker.script = undefined;
    bench.reconnect();
    expect(bench.client.version).toBe(5);
    // Known now: that it closes before CONNACK has another reason.
    bench.broker.script = refusing("closes");
    bench.cut().reconnect().reconnect();
    expect(versions(bench).slice(-2)).toEqual([5, 5]);
  });

  test("refuses the credentials in 3.1.1: then that is its version", () => {
    const bench = new ReliableBench({}, (broker) => {
      broker.script = refusing("closes");
      broker.connack = { returnCode: 4 };
    });
    bench.reconnect();
    bench.broker.connack = {};
    bench.reconnect();
    expect(versions(bench)).toEqual([5, 4, 4]);
    expect(bench.events.at(-1)).toBe("connect 4 false");
  });

  test("and says so is not asked in 5.0 again, although the attempt in 3.1.1 failed", () => {
    const bench = new ReliableBench({}, (broker) => {
      broker.script = (packet, { peer, protocolVersion }) => {
        if (packet.cmd !== "connect") return false;
        if (protocolVersion === 4) peer.finish();
        else peer.send(Uint8Array.of(0x20, 2, 0, 1));
        return true;
      };
    });
    bench.reconnect().reconnect();
    expect(versions(bench)).toEqual([5, 4, 4, 4]);
  });

  test("nor, as it says then, 3.1.1: both are tried in turn", () => {
    const bench = new ReliableBench({}, (broker) => {
      broker.script = (packet, { peer, protocolVersion }) => {
        if (packet.cmd !== "connect") return false;
        if (protocolVersion === 5) peer.finish();
        else peer.send(Uint8Array.of(0x20, 2, 0, 1));
        return true;
      };
    });
    for (let attempt = 0; attempt < 3; attempt++) bench.reconnect();
    expect(versions(bench)).toEqual([5, 4, 5, 4]);
  });

  test("that cannot be reached at all is asked in 5.0 when it can", () => {
    const bench = new ReliableBench({}, (broker) => broker.stop());
    clock.advance(5000);
    bench.broker.start();
    bench.reconnect();
    expect(versions(bench)).toEqual([5]);
    expect(bench.client.version).toBe(5);
  });

  test("gets messages without their properties; subscriptions without options; expiry counts here", () => {
    const bench = new ReliableBench({}, (broker) => {
      broker.script = refusing([0x20, 2, 0, 1]);
    });
    bench.client.publish("t", "x", { QoS: 1, properties: { contentType: "a", messageExpiryInterval: 9 } });
    bench.client.subscribe("a", 1, { noLocal: true, subscriptionIdentifier: 3 });
    clock.advance(20);
    expect(bench.connection.last("publish")).toMatchObject({ qos: 1, payload: Buffer.from("x") });
    expect(bench.connection.last("publish").properties).toBeUndefined();
    expect(bench.connection.last("subscribe").subscriptions).toEqual([{ topic: "a", qos: 1 }]);
    expect(bench.delivered).toEqual([1]);
    bench.connection.publish("a", "y");
    expect(bench.messages).toMatchObject([{ payload: "y", properties: {} }]);
  });

  test("cannot be asked in 3.1.1 with options that only 5.0 knows: that is reported, and the client goes on", () => {
    const bench = new ReliableBench({ id: "" }, (broker) => {
      broker.script = refusing([0x20, 2, 0, 1]);
    });
    expect(bench.events).toEqual([`error ${CONNECTION_REFUSED}`, `error ${INVALID_OPTION}`]);
    bench.broker.script = undefined;
    bench.reconnect();
    expect(bench.events.at(-1)).toBe("connect 5 false");
  });

  test("is asked in 5.0 first by each new client", () => {
    const bench = new ReliableBench();
    expect([bench.client.version, versions(bench)]).toEqual([5, [5]]);
  });
});

test("a client that was not given 5.0 speaks 3.1.1 and takes no properties", () => {
  const bench = new ReliableBench({ protocol: undefined as never });
  expect([bench.client.version, versions(bench)]).toEqual([4, [4]]);
  const { client } = bench;
  expect(codeThrownBy(() => client.publish("t", "x", { properties: { contentType: "a" } }))).toBe(
    INVALID_OPTION,
  );
  expect(codeThrownBy(() => client.subscribe("t", 0, { noLocal: true }))).toBe(INVALID_OPTION);
});
