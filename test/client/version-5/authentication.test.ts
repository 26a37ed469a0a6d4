import { describe, expect, test } from "vitest";
import MQTTClient, { type MQTTClientOptions } from "../../../device/client/mqtt-client";
import {
  CONNECTION_REFUSED,
  INVALID_OPTION,
  INVALID_STATE,
  NOT_CONNECTED,
  PROTOCOL_ERROR,
} from "../../../device/mqtt/mqtt-error";
import { AUTHENTICATION_FAILED, DISCONNECTED } from "../../../device/mqtt/version-5/mqtt-error";
import { AUTHENTICATION_DATA } from "../../../device/mqtt/version-5/property";
import { clock } from "../../support/timer";
import { Bench, codeThrownBy, ReliableBench } from "./bench";
import type { Connection } from "./broker";

const METHOD = "SCRAM-SHA-1";

function text(data: Uint8Array | undefined): string {
  return data ? Buffer.from(data).toString() : "nothing";
}

/** The broker waits for AUTH; the client answers "client " and what it was asked. */
function challenged(options: Partial<MQTTClientOptions> = {}): Bench {
  return new Bench(
    {
      properties: { authenticationMethod: METHOD, authenticationData: "first" },
      onAuthenticate: (data) => `client ${text(data)}`,
      ...options,
    },
    (broker) => void broker.unanswered.add("connect"),
  );
}

function authenticate(
  connection: Connection,
  reasonCode: number,
  data: string,
  method: string = METHOD,
): void {
  connection.send({
    cmd: "auth",
    reasonCode,
    properties: { authenticationMethod: method, authenticationData: Buffer.from(data) },
  });
}

function accept(connection: Connection, method: string | undefined = METHOD): void {
  connection.send({
    cmd: "connack",
    reasonCode: 0,
    sessionPresent: false,
    properties: method === undefined ? {} : { authenticationMethod: method },
  });
}

/** Authenticated once. */
function connected(): Bench {
  const bench = challenged();
  authenticate(bench.connection, 0x18, "1");
  accept(bench.connection);
  expect(bench.controls.map(({ operation }) => operation)).toEqual([MQTTClient.CONNACK]);
  return bench;
}

describe("enhanced authentication", () => {
  test("[MQTT-4.12.0-3] [MQTT-4.12.0-5] each AUTH of the broker is answered with AUTH 0x18 and the method of CONNECT", () => {
    const { connection, controls } = challenged();
    expect(connection.last("connect").properties).toMatchObject({ authenticationMethod: METHOD });
    authenticate(connection, 0x18, "1");
    authenticate(connection, 0x18, "2");
    expect(
      connection
        .all("auth")
        .map(({ reasonCode, properties }) => [
          reasonCode,
          properties?.authenticationMethod,
          String(properties?.authenticationData),
        ]),
    ).toEqual([
      [0x18, METHOD, "client 1"],
      [0x18, METHOD, "client 2"],
    ]);
    accept(connection);
    expect(controls.map(({ operation }) => operation)).toEqual([MQTTClient.CONNACK]);
  });

  test("[MQTT-3.1.2-30] until CONNACK nothing but AUTH and DISCONNECT can be sent", () => {
    const { client, connection } = challenged();
    expect(() => client.write(Uint8Array.of(1), { topic: "t" })).toThrow();
    expect(() => client.write(undefined, { operation: MQTTClient.PINGREQ })).toThrow();
    for (const operation of [MQTTClient.PUBACK, MQTTClient.PUBCOMP])
      expect(codeThrownBy(() => client.write(undefined, { operation, id: 1 }))).toBe(NOT_CONNECTED);
    client.write(undefined, { operation: MQTTClient.DISCONNECT });
    clock.advance(5);
    expect(connection.log).toEqual(["connect", "disconnect"]);
  });

  test("the application may answer later", () => {
    const { client, connection } = challenged({ onAuthenticate: () => undefined });
    authenticate(connection, 0x18, "1");
    expect(connection.all("auth")).toEqual([]);
    client.write(ArrayBuffer.fromString("late"), { operation: MQTTClient.AUTH });
    clock.advance(5);
    expect(String(connection.last("auth").properties?.authenticationData)).toBe("late");
    accept(connection);
    expect(client.limits).toBeDefined();
  });

  test("the application may answer with AUTH of its own, and without data: what it returns then is not sent", () => {
    const { connection, errors } = challenged({
      onAuthenticate() {
        this.write(null, { operation: MQTTClient.AUTH });
        return "too much";
      },
    });
    authenticate(connection, 0x18, "1");
    expect(connection.all("auth").map(({ reasonCode, properties }) => [reasonCode, properties])).toEqual([
      [0x18, { authenticationMethod: METHOD }],
    ]);
    expect(errors).toEqual([]);
  });

  test("AUTH with a Reason Code that a client cannot send is a usage error, and the right one can follow", () => {
    const { client, connection } = challenged({ onAuthenticate: () => undefined });
    authenticate(connection, 0x18, "1");
    expect(codeThrownBy(() => client.write(undefined, { operation: MQTTClient.AUTH, reasonCode: 0 }))).toBe(
      INVALID_OPTION,
    );
    client.write(undefined, { operation: MQTTClient.AUTH });
    clock.advance(5);
    expect(connection.log).toEqual(["connect", "auth 0x18"]);
  });

  test("the application may close instead of answering", () => {
    const { connection } = challenged({
      onAuthenticate() {
        this.close();
        return "too late";
      },
    });
    authenticate(connection, 0x18, "1");
    expect(connection.isClosed).toBe(true);
    expect(connection.all("auth")).toEqual([]);
  });

  test("[MQTT-4.12.0-5] another method in AUTH or CONNACK ends the connection with 0x82", () => {
    const cases: ((connection: Connection) => void)[] = [
      (connection) => authenticate(connection, 0x18, "1", "PLAIN"),
      (connection) => accept(connection, "PLAIN"),
      (connection) => connection.send({ cmd: "connack", reasonCode: 0, sessionPresent: false }),
    ];
    for (const send of cases) {
      const { connection, errors } = challenged();
      send(connection);
      expect(errors).toMatchObject([{ code: AUTHENTICATION_FAILED, reasonCode: 0x82 }]);
      expect(connection.isClosed).toBe(true);
      expect(connection.log.at(-1)).toBe("disconnect 0x82");
    }
  });

  test("a refusal is an error with its reason", () => {
    const { connection, errors } = challenged();
    connection.send({ cmd: "connack", reasonCode: 0x8c, sessionPresent: false });
    expect(errors).toMatchObject([{ code: CONNECTION_REFUSED, reasonCode: 0x8c }]);
  });

  test("[MQTT-4.12.0-6] [MQTT-4.12.0-7] without a method no AUTH is sent, and one that comes is an error", () => {
    const { client, connection, codes } = new Bench();
    expect(codeThrownBy(() => client.write(undefined, { operation: MQTTClient.AUTH }))).toBe(INVALID_STATE);
    authenticate(connection, 0x18, "1");
    expect(codes).toEqual([AUTHENTICATION_FAILED]);
    expect(connection.all("auth")).toEqual([]);
    expect(connection.isClosed).toBe(true);
  });

  test("[MQTT-4.12.0-6] nor is the application asked by one that names no method, before or after CONNACK", () => {
    for (const command of ["connect", "publish"] as const) {
      const asked: unknown[] = [];
      const options = { onAuthenticate: (data?: Uint8Array) => void asked.push(data) } as never;
      const { connection, codes } = new Bench(options, (broker) => void broker.unanswered.add(command));
      connection.sendBytes("f0 00");
      expect([codes, asked]).toEqual([[PROTOCOL_ERROR], []]);
    }
  });

  test("AUTH that nothing has asked for is a protocol error", () => {
    for (const reasonCode of [0x00, 0x18]) {
      const { connection, codes } = connected();
      authenticate(connection, reasonCode, "x");
      expect(codes).toEqual([PROTOCOL_ERROR]);
      expect(connection.log.at(-1)).toBe("disconnect 0x82");
    }
    const { connection, codes } = challenged();
    authenticate(connection, 0x00, "x");
    expect(codes).toEqual([PROTOCOL_ERROR]);
  });
});

describe("re-authentication", () => {
  test("[MQTT-4.12.1-1] begins with AUTH 0x19 and the method of CONNECT, goes on with 0x18 and ends with a control message", () => {
    const { client, connection, controls, errors } = connected();
    client.write(ArrayBuffer.fromString("again"), { operation: MQTTClient.AUTH });
    clock.advance(5);
    expect(connection.last("auth")).toMatchObject({
      reasonCode: 0x19,
      properties: { authenticationMethod: METHOD, authenticationData: Buffer.from("again") },
    });
    authenticate(connection, 0x18, "2");
    expect(connection.last("auth").reasonCode).toBe(0x18);
    authenticate(connection, 0x00, "bye");
    expect(controls.at(-1)).toMatchObject({ operation: MQTTClient.AUTH, reasonCode: 0 });
    expect(text(controls.at(-1)?.properties[AUTHENTICATION_DATA] as Uint8Array)).toBe("bye");
    expect(errors).toEqual([]);
    client.write(undefined, { operation: MQTTClient.AUTH });
  });

  test("only one at a time", () => {
    const { client } = connected();
    client.write(undefined, { operation: MQTTClient.AUTH });
    expect(codeThrownBy(() => client.write(undefined, { operation: MQTTClient.AUTH }))).toBe(INVALID_STATE);
  });

  test("messages go on meanwhile", () => {
    const bench = connected();
    bench.control({ operation: MQTTClient.AUTH });
    bench.publish("t", "x", { QoS: 1 });
    bench.connection.publish("u", "y");
    expect(bench.connection.log.at(-1)).toBe("publish 1 t x");
    expect(bench.messages.length).toBe(1);
  });

  test("[MQTT-4.12.1-2] when it fails the connection is over", () => {
    const { client, connection, errors } = connected();
    client.write(undefined, { operation: MQTTClient.AUTH });
    clock.advance(5);
    connection.send({ cmd: "disconnect", reasonCode: 0x87 });
    expect(errors).toMatchObject([{ code: DISCONNECTED, reasonCode: 0x87 }]);
    expect(connection.isClosed).toBe(true);
  });

  test("[MQTT-3.15.2-2] [MQTT-3.15.2-3] leaves out User Properties that the broker would not take", () => {
    const bench = challenged();
    bench.connection.send({
      cmd: "connack",
      reasonCode: 0,
      sessionPresent: false,
      properties: { authenticationMethod: METHOD, maximumPacketSize: 30 },
    });
    bench.control({
      operation: MQTTClient.AUTH,
      properties: { userProperties: [["a name", "a value that is long"]] } as never,
    });
    expect(bench.connection.last("auth").properties?.userProperties).toBeUndefined();
  });
});

describe("of ReliableClient", () => {
  test("goes through the application, at CONNECT and again later", () => {
    const asked: string[] = [];
    const bench = new ReliableBench(
      {
        properties: { authenticationMethod: "M" },
        onAuthenticate(data) {
          asked.push(Buffer.from(data ?? []).toString());
          return "answer";
        },
      },
      (broker) => void broker.unanswered.add("connect"),
    );
    const auth = (data: string, reasonCode = 0x18): void =>
      bench.connection.send({
        cmd: "auth",
        reasonCode,
        properties: { authenticationMethod: "M", authenticationData: Buffer.from(data) },
      });
    auth("one");
    bench.connection.send({
      cmd: "connack",
      reasonCode: 0,
      sessionPresent: false,
      properties: { authenticationMethod: "M" },
    });
    expect(bench.client.connected).toBe(true);
    bench.client.reauthenticate(Uint8Array.of(1));
    clock.advance(5);
    auth("two");
    auth("", 0);
    expect(asked).toEqual(["one", "two"]);
    expect(bench.connection.all("auth").map(({ reasonCode }) => reasonCode)).toEqual([0x18, 0x19, 0x18]);
    bench.broker.stop();
    clock.advance(10);
    expect(() => bench.client.reauthenticate()).toThrow();
  });
});
