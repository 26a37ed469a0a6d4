import { expect, test } from "vitest";
import MQTTClient, { type MQTTClientOptions } from "../../../device/client/mqtt-client";
import { Requester } from "../../../device/client/version-5/requester";
import type { MQTTError } from "../../../device/mqtt/mqtt-error";
import { clock } from "../../support/timer";
import { Bench, ReliableBench } from "./bench";
import type { Version5Broker } from "./broker";

const { AUTH, CONNACK, DISCONNECT, PUBACK, SUBSCRIBE } = MQTTClient;

function saying(properties: object): (broker: Version5Broker) => void {
  return (broker) => {
    broker.connack = { properties };
  };
}

function silent(broker: Version5Broker): void {
  broker.unanswered.add("connect").add("publish");
}

/** Text of what `action` throws. */
function thrownBy(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return (error as MQTTError).message;
  }
  return undefined;
}

/** Text of the last error that the application was told of. */
function told({ errors }: Bench | ReliableBench): string | undefined {
  return errors.at(-1)?.message;
}

test.each<[string, (bench: Bench) => void, ((broker: Version5Broker) => void)?, Partial<MQTTClientOptions>?]>(
  [
    ["a second CONNACK", ({ connection }) => connection.sendBytes("20 03 00 00 00")],
    ["packet type 13 instead of CONNACK", ({ connection }) => connection.sendBytes("d0 00"), silent],
    [
      "the broker refused the connection with Reason Code 0x87",
      ({ connection }) => connection.sendBytes("20 03 00 87 00"),
      silent,
    ],
    [
      "a session is present that this client does not have",
      ({ connection }) => connection.sendBytes("20 03 01 00 00"),
      silent,
    ],
    [
      "the broker ended the connection with Reason Code 0x8b",
      ({ connection }) => connection.sendBytes("e0 01 8b"),
    ],
    [
      "more than 1 messages at a time",
      ({ connection }) => {
        connection.publish("t", "x", { qos: 2, messageId: 1 });
        connection.publish("t", "x", { qos: 2, messageId: 2 });
      },
      (broker) => void broker.unanswered.add("pubrec"),
      { properties: { receiveMaximum: 1 } },
    ],
    [
      "the broker authenticates by a method that CONNECT did not name",
      ({ connection }) => connection.sendBytes("f0 06 18 04 15 00 01 4d"),
    ],
    ["AUTH that nothing has asked for", ({ connection }) => connection.sendBytes("f0 00")],
  ],
)("an error says: %s", (text, provoke, prepare, options) => {
  const bench = new Bench(options, prepare);
  provoke(bench);
  expect(told(bench)).toContain(text);
});

test.each<[string, (bench: Bench) => void, object?]>([
  [
    "the broker's Receive Maximum of 1 is reached",
    (bench) => {
      bench.broker.unanswered.add("publish");
      bench.publish("t", "1", { QoS: 1 });
      bench.publish("t", "2", { QoS: 1 });
    },
    { receiveMaximum: 1 },
  ],
  ["QoS 2 where the broker takes 1", (bench) => bench.publish("t", "x", { QoS: 2 }), { maximumQoS: 1 }],
  [
    "retain where the broker keeps no messages",
    (bench) => bench.publish("t", "x", { retain: true }),
    { retainAvailable: false },
  ],
  [
    "a packet of 26 bytes, where the broker takes 20",
    (bench) => bench.publish("t", "x".repeat(20)),
    { maximumPacketSize: 20 },
  ],
  [
    "a subscription of a kind that the broker does not have",
    (bench) => bench.control({ operation: SUBSCRIBE, items: [{ topic: "#" }] }),
    { wildcardSubscriptionAvailable: false },
  ],
  [
    "a message waits for its next fragment",
    (bench) => {
      bench.publish("t", "x", { byteLength: 2 });
      bench.control({ operation: PUBACK, id: 1 });
    },
  ],
  [
    "sessionExpiryInterval, which was 0 in CONNECT",
    (bench) => bench.control({ operation: DISCONNECT, properties: { sessionExpiryInterval: 1 } }),
  ],
  [
    "AUTH needs an authenticationMethod in CONNECT",
    (bench) => void bench.client.write(Uint8Array.of(1), { operation: AUTH }),
  ],
  ["data is not a Byte Buffer", (bench) => void bench.client.write("text" as never, { operation: AUTH })],
  ["operation 2 is not one that a client sends", (bench) => bench.control({ operation: CONNACK, id: 1 })],
])("what cannot be written says: %s", (text, write, properties = {}) => {
  const bench = new Bench({}, saying(properties));
  expect(thrownBy(() => write(bench))).toContain(text);
});

test("AUTH that is not due says so", () => {
  const { client } = new Bench(
    { properties: { authenticationMethod: "M" }, onAuthenticate: () => undefined },
    silent,
  );
  expect(thrownBy(() => client.write(undefined, { operation: AUTH }))).toContain("AUTH is not due");
});

test.each([
  ["id 5 is not a string", { id: 5 }],
  ["user 5 is not a string", { user: 5 }],
  ["password is not a Byte Buffer", { password: 5 }],
  ["topicAliases -1 is not 0 to 65535", { topicAliases: -1 }],
  ["authenticationMethod without onAuthenticate", { properties: { authenticationMethod: "M" } }],
])("an option that is none says: %s", (text, options) => {
  expect(thrownBy(() => new Bench(options as never))).toContain(text);
});

test("errors of requests name the option, or the time that has passed, or that the requester was closed", () => {
  const { client } = new ReliableBench();
  const make = (options: object): Requester =>
    new Requester({ client, responseTopic: "answers", ...options });
  expect(thrownBy(() => make({ limit: 0 }))).toContain("limit 0 is not 1 to 65535");
  expect(thrownBy(() => make({ timeout: 0 }))).toContain("timeout 0 is not 1 to");
  const requester = make({ timeout: 500 });
  const texts: (string | undefined)[] = [];
  for (let count = 0; count < 2; count++) {
    requester.request("light/get", "", (error) => void texts.push(error?.message));
    clock.advance(count === 0 ? 500 : 10);
  }
  requester.close();
  expect(texts).toEqual([
    expect.stringContaining("no answer in 500 ms"),
    expect.stringContaining("the requester was closed"),
  ]);
});

test("a message whose interval has passed, and a subscription that the broker does not have, say so", () => {
  const reasons: string[] = [];
  const bench = new ReliableBench(
    { onDropped: (_token, _topic, { message }) => void reasons.push(message) },
    saying({ wildcardSubscriptionAvailable: false }),
  );
  bench.client.subscribe("a/#");
  expect(told(bench)).toContain("the broker has no such subscriptions: a/#");
  bench.broker.stop();
  clock.advance(10);
  bench.client.publish("t", "x", { QoS: 1, properties: { messageExpiryInterval: 1 } });
  clock.advance(1000);
  expect(reasons).toEqual([expect.stringContaining("its Message Expiry Interval has passed")]);
});
