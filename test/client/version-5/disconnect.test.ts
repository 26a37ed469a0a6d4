import { describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import { INVALID_OPTION } from "../../../device/mqtt/mqtt-error";
import { DISCONNECTED } from "../../../device/mqtt/version-5/mqtt-error";
import { SERVER_REFERENCE } from "../../../device/mqtt/version-5/property";
import { clock } from "../../support/timer";
import { Bench, codeThrownBy } from "./bench";

describe("DISCONNECT", () => {
  test("of the broker is an error with its reason, after a control message", () => {
    const { connection, controls, errors, closes } = new Bench();
    connection.send({
      cmd: "disconnect",
      reasonCode: 0x9c,
      properties: { serverReference: "b.local", reasonString: "full" },
    });
    expect(controls.at(-1)).toMatchObject({ operation: MQTTClient.DISCONNECT, reasonCode: 0x9c });
    expect(controls.at(-1)?.properties).toMatchObject({ [SERVER_REFERENCE]: "b.local" });
    expect(errors).toMatchObject([
      { code: DISCONNECTED, reasonCode: 0x9c, reasonString: "full", serverReference: "b.local" },
    ]);
    expect([closes.length, connection.isClosed]).toEqual([1, true]);
  });

  test("of the broker, when the application closes in its control message, is all", () => {
    const bench = new Bench({
      onControl(operation: number, _message) {
        if (operation === MQTTClient.DISCONNECT) this.close();
      },
    });
    bench.connection.send({ cmd: "disconnect", reasonCode: 0x8b });
    expect([bench.errors.length, bench.closes.length]).toEqual([0, 0]);
  });

  test("of the broker instead of CONNACK ends the attempt", () => {
    const { codes, connection } = new Bench({}, (broker) => {
      broker.unanswered.add("connect");
    });
    connection.send({ cmd: "disconnect", reasonCode: 0x89 });
    expect(codes).toEqual([DISCONNECTED]);
  });

  test("[MQTT-3.14.4-1] [MQTT-3.14.4-2] of the client carries code and properties; nothing follows it, and the connection closes", () => {
    const { client, connection, closes } = new Bench({
      keepAlive: 10_000,
      properties: { sessionExpiryInterval: 10 },
    });
    client.write(undefined, {
      operation: MQTTClient.DISCONNECT,
      reasonCode: 4,
      properties: { sessionExpiryInterval: 20, reasonString: "asleep" },
    });
    expect(() => client.write(Uint8Array.of(1), { topic: "t" })).toThrow();
    clock.advance(60_000);
    expect(connection.log).toEqual(["connect", "disconnect 0x4"]);
    expect(connection.last("disconnect").properties).toMatchObject({
      sessionExpiryInterval: 20,
      reasonString: "asleep",
    });
    expect(connection.isClosed).toBe(true);
    expect(closes).toEqual(["close"]);
  });

  test("of a client may say what CONNECT said: that the session ends with the connection", () => {
    const bench = new Bench();
    const properties = { sessionExpiryInterval: 0 };
    bench.control({ operation: MQTTClient.DISCONNECT, reasonCode: 4, properties });
    expect(bench.connection.last("disconnect")).toMatchObject({ reasonCode: 4, properties });
  });

  test("of a client whose session ends with the connection must not prolong it", () => {
    const { client } = new Bench();
    const properties = { sessionExpiryInterval: 20 };
    expect(
      codeThrownBy(() => client.write(undefined, { operation: MQTTClient.DISCONNECT, properties })),
    ).toBe(INVALID_OPTION);
  });

  test("[MQTT-3.14.2-1] with a Reason Code that a client cannot send is a usage error", () => {
    const { client } = new Bench();
    expect(
      codeThrownBy(() => client.write(undefined, { operation: MQTTClient.DISCONNECT, reasonCode: 0x8e })),
    ).toBe(INVALID_OPTION);
  });

  test("[MQTT-3.14.2-3] [MQTT-3.14.2-4] leaves out Reason String and User Properties that the broker would not take", () => {
    const { client, connection } = new Bench({}, (broker) => {
      broker.connack = { properties: { maximumPacketSize: 20 } };
    });
    client.write(undefined, {
      operation: MQTTClient.DISCONNECT,
      reasonCode: 0x80,
      properties: { reasonString: "a text that is far too long", userProperties: [["name", "value"]] },
    });
    clock.advance(10);
    expect(connection.last("disconnect").properties ?? {}).toEqual({});
    expect(connection.log.at(-1)).toBe("disconnect 0x80");
  });
});
