import { afterEach, describe, expect, test } from "vitest";
import MQTTClient, { type MQTTClientOptions } from "../../../device/client/mqtt-client";
import { INVALID_OPTION, INVALID_STATE, PROTOCOL_ERROR } from "../../../device/mqtt/mqtt-error";
import { AUTHENTICATION_FAILED, DISCONNECTED } from "../../../device/mqtt/version-5/mqtt-error";
import { bytesOf, join, packet, string } from "../bytes";
import { closeAll, codeThrownBy } from "../raw-broker";
import {
  byte,
  type Client5,
  connack,
  connect5,
  connectWith,
  maximumPacketSize,
  parting,
  properties,
  reasonString,
  userProperty,
} from "./bench";

afterEach(closeAll);

const { AUTH } = MQTTClient;
const method = (name: string): string => join("15", string(name));
const authenticationData = (text: string): string => join("16", string(text));

/** An AUTH packet. */
function auth(reasonCode: number, ...given: string[]): string {
  return packet(0xf0, byte(reasonCode), properties(...given));
}

/** A client with an Authentication Method, whose CONNECT is not answered yet. */
function asked(options: Partial<MQTTClientOptions> = {}): Client5 {
  return connectWith(undefined, {
    properties: { authenticationMethod: "M", authenticationData: "0" },
    onAuthenticate: (data) => `to ${Buffer.from(data ?? []).toString()}`,
    ...options,
  });
}

/** One that is connected. */
function authenticated(...connackProperties: string[]): Client5 {
  const under = asked();
  under.broker.send(connack(false, 0, method("M"), ...connackProperties));
  return under;
}

function expectEnd({ broker, errors }: Client5, code: number, reasonCode: number): void {
  expect([errors, broker.isClosed]).toEqual([[code], true]);
  expect(broker.received.at(-1)).toBe(parting(reasonCode));
}

describe("AUTH", () => {
  test("[MQTT-4.12.0-3] [MQTT-4.12.0-5] of the client carries 0x18, the method of CONNECT and the application's answer, each time", () => {
    const { broker, errors, controls } = asked();
    expect(broker.packets[0]).toContain(join(method("M"), authenticationData("0")));
    broker.send(auth(0x18, method("M"), authenticationData("1")));
    broker.send(auth(0x18, method("M")));
    expect(broker.received).toEqual(
      ["to 1", "to "].map((text) => auth(0x18, method("M"), authenticationData(text))),
    );
    broker.send(connack(false, 0, method("M")));
    expect([errors, controls, broker.isClosed]).toEqual([[], [MQTTClient.CONNACK], false]);
  });

  test.each([
    ["AUTH with another", auth(0x18, method("PLAIN"))],
    ["CONNACK with another", connack(false, 0, method("PLAIN"))],
    ["CONNACK without one", connack()],
  ])("[MQTT-4.12.0-5] %s ends the connection before it is used", (_what, bytes) => {
    const under = asked();
    under.broker.send(bytes);
    expectEnd(under, AUTHENTICATION_FAILED, 0x82);
    expect(under.controls).toEqual([]);
  });

  test("[MQTT-4.12.0-5] without a method, or with it twice, ends the connection", () => {
    for (const given of [[], [method("M"), method("M")]]) {
      const under = asked();
      under.broker.send(auth(0x18, ...given));
      expectEnd(under, PROTOCOL_ERROR, 0x82);
    }
  });

  test("[MQTT-4.12.0-7] is never sent without a method in CONNECT, neither by the application nor as an answer", () => {
    const under = connect5({ onAuthenticate: () => "answer" });
    const { broker, client } = under;
    for (const reasonCode of [undefined, 0x18, 0x19])
      expect(
        codeThrownBy(() => client.write(undefined, { operation: AUTH, ...(reasonCode && { reasonCode }) })),
      ).toBe(INVALID_STATE);
    broker.send(auth(0x18, method("M"), authenticationData("1")));
    expectEnd(under, AUTHENTICATION_FAILED, 0x82);
    expect(broker.received).toEqual([parting(0x82)]);
    const early = connectWith(undefined, { onAuthenticate: () => "answer" });
    early.broker.send(auth(0x18, method("M")));
    expect(early.broker.received).toEqual([parting(0x82)]);
  });

  test("[MQTT-3.15.2-1] has one of the client's Reason Codes, 0x18 in its turn and 0x19 to begin", () => {
    for (let reasonCode = 0; reasonCode < 256; reasonCode++) {
      const { broker, client } = authenticated();
      const write = () => client.write(undefined, { operation: AUTH, reasonCode });
      if (reasonCode === 0x19) write();
      else expect([INVALID_STATE, INVALID_OPTION]).toContain(codeThrownBy(write));
      broker.send();
      expect(broker.received).toEqual(reasonCode === 0x19 ? [auth(0x19, method("M"))] : []);
    }
  });

  test("[MQTT-3.15.2-1] of the server with a code that is none of its own ends the connection", () => {
    for (let reasonCode = 0; reasonCode < 256; reasonCode++) {
      const under = asked();
      under.broker.send(auth(reasonCode, method("M")));
      if (reasonCode === 0x18) expect([under.errors, under.broker.isClosed]).toEqual([[], false]);
      else expectEnd(under, PROTOCOL_ERROR, 0x82);
    }
  });

  test("[MQTT-3.15.2-2] [MQTT-3.15.2-3] has Reason String and User Properties as far as the server's Maximum Packet Size lets them", () => {
    const text = reasonString("why");
    const pair = userProperty("b");
    const whole = auth(0x19, method("M"), text, pair);
    const shorter = auth(0x19, method("M"), text);
    const least = auth(0x19, method("M"));
    const length = (bytes: string): number => bytesOf(bytes).length;
    for (const [size, expected] of [
      [length(whole), whole],
      [length(whole) - 1, shorter],
      [length(shorter), shorter],
      [length(shorter) - 1, least],
      [length(least), least],
    ] as const) {
      const { broker, client } = authenticated(maximumPacketSize(size));
      const given = { reasonString: "why", userProperties: [["a", "b"]] } as never;
      client.write(undefined, { operation: AUTH, properties: given });
      broker.send();
      expect(broker.received).toEqual([expected]);
    }
  });

  test("[MQTT-3.2.2-15] that would be over the Maximum Packet Size even so is not sent", () => {
    const { broker, client } = authenticated(maximumPacketSize(7));
    expect(() => client.write(undefined, { operation: AUTH })).toThrow();
    broker.send();
    expect(broker.received).toEqual([]);
  });
});

describe("re-authentication", () => {
  test("[MQTT-4.12.1-1] [MQTT-4.12.0-5] uses the method of CONNECT, whatever the application gives", () => {
    const { broker, client, errors } = authenticated();
    const given = { authenticationMethod: "PLAIN" } as never;
    client.write(Buffer.from("again"), { operation: AUTH, properties: given });
    broker.send(auth(0x18, method("M"), authenticationData("2")));
    expect(broker.received).toEqual([
      auth(0x19, method("M"), authenticationData("again")),
      auth(0x18, method("M"), authenticationData("to 2")),
    ]);
    broker.send(auth(0x00, method("M")));
    expect([errors, broker.isClosed]).toEqual([[], false]);
  });

  test("[MQTT-4.12.1-1] the server's answers by another method end the connection", () => {
    for (const reasonCode of [0x00, 0x18]) {
      const under = authenticated();
      under.client.write(undefined, { operation: AUTH });
      under.broker.send(auth(reasonCode, method("PLAIN")));
      expectEnd(under, AUTHENTICATION_FAILED, 0x82);
    }
  });

  test("[MQTT-4.12.1-2] that the server refuses ends the connection; one that nobody began does too", () => {
    const under = authenticated();
    under.client.write(undefined, { operation: AUTH });
    under.broker.send(parting(0x87));
    expect([under.errors, under.broker.isClosed]).toEqual([[DISCONNECTED], true]);
    for (const reasonCode of [0x00, 0x18]) {
      const other = authenticated();
      other.broker.send(auth(reasonCode, method("M")));
      expectEnd(other, PROTOCOL_ERROR, 0x82);
    }
  });

  test("[MQTT-4.12.1-2] the client that is not content with the server may end the connection with a DISCONNECT that says so", () => {
    const { broker, client } = connectWith(connack(false, 0, method("M")), {
      properties: { authenticationMethod: "M" },
      onAuthenticate() {
        this.write(undefined, { operation: MQTTClient.DISCONNECT, reasonCode: 0x80 });
        return undefined;
      },
    });
    client.write(undefined, { operation: AUTH });
    broker.send(auth(0x18, method("M")));
    broker.peer.finish();
    broker.send();
    expect(broker.received).toEqual([auth(0x19, method("M")), parting(0x80)]);
    expect(broker.isClosed).toBe(true);
  });
});
