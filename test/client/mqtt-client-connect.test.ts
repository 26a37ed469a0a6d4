import { afterEach, describe, expect, test } from "vitest";
import type { ControlMessage } from "../../device/client/mqtt-client";
import {
  CONNACK_TIMEOUT,
  CONNECTION_LOST,
  CONNECTION_REFUSED,
  HOST_NOT_FOUND,
  PEER,
  PROTOCOL_ERROR,
} from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { Bench } from "./mqtt-client-bench";

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

describe("connecting", () => {
  test("CONNECT carries every option, in one write, with TCP_NODELAY", () => {
    const will = { topic: "home/status", message: "offline", QoS: 1, retain: true };
    connected({ user: "me", password: "secret", keepAlive: 60_000, will });
    const [connect] = bench.broker.connection.all("connect");
    expect(connect).toMatchObject({
      protocolVersion: 4,
      clientId: "client-1",
      clean: true,
      keepalive: 60,
      username: "me",
      will: { topic: "home/status", qos: 1, retain: true },
    });
    expect(String(connect?.password)).toBe("secret");
    expect(String(connect?.will?.payload)).toBe("offline");
    expect(bench.broker.connection.peer.writes.length).toBe(1);
    expect(bench.broker.connection.peer.nodelay).toBe(true);
  });

  test("a CONNECT larger than the buffers goes out in one write all the same", () => {
    connected({ user: "me", password: "x".repeat(1500), bufferByteLength: 64 });
    expect(bench.broker.connection.peer.writes.length).toBe(1);
    expect(bench.events[0]).toBe("control 2");
  });

  test("a will with an empty message is sent", () => {
    connected({ will: { topic: "home/status", message: "" } });
    const [connect] = bench.broker.connection.all("connect");
    expect(connect?.will).toMatchObject({ topic: "home/status", qos: 0, retain: false });
    expect(connect?.will?.payload.length).toBe(0);
  });

  test("a will message and a password may be bytes", () => {
    connected({
      user: "me",
      password: Uint8Array.of(0, 255).buffer,
      will: { topic: "t", message: new DataView(Uint8Array.of(1, 2, 3).buffer, 1) },
    });
    const [connect] = bench.broker.connection.all("connect");
    expect([...(connect?.password ?? [])]).toEqual([0, 255]);
    expect([...Buffer.from(connect?.will?.payload ?? "")]).toEqual([2, 3]);
  });

  test("a keep-alive of 1,500 ms is sent as 2 s", () => {
    connected({ keepAlive: 1500 });
    expect(bench.broker.connection.all("connect")[0]?.keepalive).toBe(2);
  });

  test("a token with an empty user name is sent with that user name", () => {
    connected({ user: "", password: "token" });
    expect(bench.broker.connection.all("connect")[0]).toMatchObject({ username: "" });
  });

  test("after CONNACK onControl and then onWritable are called", () => {
    connected();
    expect(bench.events.slice(0, 2)).toEqual(["control 2", expect.stringMatching(/^writable 57\d\d$/)]);
  });

  test("onControl of two parameters gets the opcode and the message, as the typings have it", () => {
    const calls: unknown[][] = [];
    connected({ onControl: (opcode: number, message: ControlMessage) => void calls.push([opcode, message]) });
    expect(calls).toEqual([[2, { operation: 2, returnCode: 0, sessionPresent: false }]]);
  });

  test("onControl of one parameter gets the message alone, as the Moddable SDK has it", () => {
    const calls: ControlMessage[] = [];
    connected({ onControl: (message: ControlMessage) => void calls.push(message) });
    expect(calls).toEqual([{ operation: 2, returnCode: 0, sessionPresent: false }]);
  });

  test("onControl that declares no parameter gets both", () => {
    const calls: unknown[][] = [];
    connected({ onControl: (...parameters: unknown[]) => void calls.push(parameters) });
    expect(calls[0]?.[0]).toBe(2);
    expect(calls[0]?.[1]).toMatchObject({ operation: 2 });
  });

  test("session present reaches onControl when the session is kept (SDK defect: dropped)", () => {
    const messages: ControlMessage[] = [];
    bench = new Bench({
      clean: false,
      onControl: (_opcode: number, message: ControlMessage) => void messages.push(message),
    });
    bench.broker.sessionPresent = true;
    bench.connect();
    expect(messages[0]).toMatchObject({ sessionPresent: true });
  });

  test("a refused connection is an error that tells the return code, then onClose", () => {
    bench = new Bench();
    bench.broker.returnCode = 5;
    bench.connect();
    expect(bench.events).toEqual([`error ${CONNECTION_REFUSED}`, "close"]);
    expect(bench.errors[0]).toMatchObject({ returnCode: 5, family: PEER });
    expect(bench.errors[0]?.message).toContain("not authorized");
  });

  test("without CONNACK it gives up after connackTimeout, also with keepAlive 0 (SDK defect)", () => {
    bench = new Bench({ connackTimeout: 4000 });
    bench.broker.unanswered.add("connect");
    clock.advance(3999);
    expect(bench.events).toEqual([]);
    clock.advance(1);
    expect(bench.events).toEqual([`error ${CONNACK_TIMEOUT}`, "close"]);
  });

  test("connackTimeout is 30 s by default", () => {
    bench = new Bench();
    bench.broker.unanswered.add("connect");
    clock.advance(29_999);
    expect(bench.events).toEqual([]);
    clock.advance(1);
    expect(bench.errors[0]?.code).toBe(CONNACK_TIMEOUT);
  });

  test("an unknown host is an error", () => {
    bench = new Bench({ host: "nowhere.local" });
    clock.advance(10_000);
    expect(bench.events).toEqual([`error ${HOST_NOT_FOUND}`, "close"]);
    expect(bench.errors[0]?.message).toContain("nowhere.local");
  });

  test("a refused TCP connection is an error", () => {
    bench = new Bench();
    bench.broker.stop();
    clock.advance(100);
    expect(bench.events).toEqual([`error ${CONNECTION_LOST}`, "close"]);
  });

  test("a socket that cannot be made is an error and not an exception", () => {
    bench = new Bench();
    bench.broker.network.hasRoute = false;
    clock.advance(100);
    expect(bench.events).toEqual([`error ${CONNECTION_LOST}`, "close"]);
  });

  test("a resolver that throws is an error, and onError is not called inside the constructor", () => {
    class Broken {
      constructor() {
        throw new Error("no UDP");
      }
    }
    bench = new Bench({ dns: { io: Broken } });
    expect(bench.events).toEqual([]);
    clock.advance(0);
    expect(bench.errors[0]?.message).toContain("no UDP");
  });

  test("a resolver that answers at once works", () => {
    class Immediate {
      resolve(options: { host: string; onResolved(host: string, address: string): void }): void {
        options.onResolved(options.host, "10.0.0.1");
      }
    }
    connected({ dns: { io: Immediate } });
    expect(bench.events[0]).toBe("control 2");
  });

  test("a packet before CONNACK is a protocol error", () => {
    bench = new Bench();
    bench.broker.onPacket = (packet, connection) => {
      if (packet.cmd === "connect") connection.send({ cmd: "pingresp" });
      return packet.cmd === "connect";
    };
    bench.connect();
    expect(bench.events).toEqual([`error ${PROTOCOL_ERROR}`, "close"]);
  });

  test("a PUBLISH before CONNACK, even one over a limit, is a protocol error", () => {
    for (const topic of ["a", "a".repeat(300)]) {
      bench = new Bench();
      bench.broker.onPacket = (packet, connection) => {
        connection.publish(topic, "x");
        return packet.cmd === "connect";
      };
      bench.connect();
      expect(bench.events).toEqual([`error ${PROTOCOL_ERROR}`, "close"]);
    }
  });

  test("a second CONNACK is a protocol error", () => {
    connected();
    bench.broker.connection.send({ cmd: "connack", returnCode: 0, sessionPresent: false });
    clock.advance(5);
    expect(bench.errors[0]?.code).toBe(PROTOCOL_ERROR);
  });
});
