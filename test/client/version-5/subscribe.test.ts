import { describe, expect, test } from "vitest";
import MQTTClient, { type ControlMessage } from "../../../device/client/mqtt-client";
import { INVALID_OPTION, INVALID_TOPIC } from "../../../device/mqtt/mqtt-error";
import { NOT_SUPPORTED } from "../../../device/mqtt/version-5/mqtt-error";
import { REASON_STRING } from "../../../device/mqtt/version-5/property";
import { Bench, codeThrownBy } from "./bench";

const { SUBSCRIBE, UNSUBSCRIBE, SUBACK, UNSUBACK } = MQTTClient;

describe("SUBSCRIBE", () => {
  test("[MQTT-3.8.1-1] [MQTT-3.8.3-1] [MQTT-3.8.3-5] carries options and properties, and nothing in reserved bits", () => {
    const bench = new Bench();
    bench.control({
      operation: SUBSCRIBE,
      items: [
        { topic: "a/ä", QoS: 2, noLocal: true, retainAsPublished: true, retainHandling: 2 },
        { topic: "b/#", QoS: 1 },
      ],
      properties: { subscriptionIdentifier: 300, userProperties: [["why", "test"]] },
    });
    const packet = bench.connection.last("subscribe");
    expect(packet.subscriptions).toEqual([
      { topic: "a/ä", qos: 2, nl: true, rap: true, rh: 2 },
      { topic: "b/#", qos: 1, nl: false, rap: false, rh: 0 },
    ]);
    expect(packet.properties).toMatchObject({ subscriptionIdentifier: 300, userProperties: { why: "test" } });
    const bytes = bench.connection.peer.writes.at(-1) ?? new Uint8Array();
    expect([bytes[0], bytes.at(-1)]).toEqual([0x82, 1]);
  });

  test("SUBACK and UNSUBACK come with a code for each filter, and their properties", () => {
    const bench = new Bench({}, (broker) => void broker.unanswered.add("subscribe"));
    bench.control({ operation: SUBSCRIBE, items: [{ topic: "a" }, { topic: "b" }, { topic: "c" }] });
    bench.connection.send({
      cmd: "suback",
      messageId: 1,
      granted: [1, 0x87, 0x9e],
      properties: { reasonString: "not all" },
    } as never);
    expect(bench.controls.at(-1)).toMatchObject({ operation: SUBACK, id: 1 });
    expect([...(bench.controls.at(-1)?.payload ?? [])]).toEqual([1, 0x87, 0x9e]);
    expect(bench.controls.at(-1)?.properties).toMatchObject({ [REASON_STRING]: "not all" });
    bench.control({ operation: UNSUBSCRIBE, items: [{ topic: "a" }, { topic: "b" }] });
    expect(bench.controls.at(-1)?.operation).toBe(UNSUBACK);
    expect([...(bench.controls.at(-1)?.payload ?? [])]).toEqual([0, 0]);
  });

  test("the codes of SUBACK are the application's to keep", () => {
    const bench = new Bench({}, (broker) => void broker.unanswered.add("subscribe"));
    for (const [messageId, code] of [
      [1, 0],
      [2, 0x87],
    ] as const) {
      bench.control({ operation: SUBSCRIBE, items: [{ topic: "a" }] });
      bench.connection.send({ cmd: "suback", messageId, granted: [code] });
    }
    expect(bench.controls.slice(1).map(({ payload }) => [...payload!])).toEqual([[0], [0x87]]);
  });

  test("[MQTT-3.8.3-4] No Local on a Shared Subscription is a usage error", () => {
    const { client } = new Bench();
    const items = [{ topic: "$share/group/a", noLocal: true }];
    expect(codeThrownBy(() => client.write(undefined, { operation: SUBSCRIBE, items }))).toBe(INVALID_OPTION);
  });

  test("[MQTT-4.8.2-1] [MQTT-4.8.2-2] a Shared Subscription has a name without / + #, and a filter", () => {
    const bench = new Bench();
    for (const topic of [
      "$share",
      "$share/",
      "$share//a",
      "$share/g",
      "$share/g/",
      "$share/+/a",
      "$share/g#/a",
    ])
      if (topic !== "$share")
        expect(codeThrownBy(() => bench.control({ operation: SUBSCRIBE, items: [{ topic }] }))).toBe(
          INVALID_TOPIC,
        );
    bench.control({ operation: SUBSCRIBE, items: [{ topic: "$share/group/home/+" }] });
    expect(bench.connection.last("subscribe").subscriptions[0]?.topic).toBe("$share/group/home/+");
  });

  test("[MQTT-4.7.1-1] [MQTT-4.7.1-2] [MQTT-4.7.3-1] [MQTT-4.7.3-2] wildcards stand alone on their level, # on the last; no filter is empty", () => {
    const bench = new Bench();
    for (const topic of ["", "a#", "#/a", "a/#/b", "a+", "+a/b", "a\0"])
      for (const operation of [SUBSCRIBE, UNSUBSCRIBE])
        expect(codeThrownBy(() => bench.control({ operation, items: [{ topic }] }))).toBe(INVALID_TOPIC);
    const items = ["#", "+", "a/+/b", "+/#", "/"].map((topic) => ({ topic }));
    bench.control({ operation: SUBSCRIBE, items });
    expect(bench.connection.last("subscribe").subscriptions.length).toBe(5);
  });

  test("[MQTT-3.8.3-2] [MQTT-3.10.3-2] at least one filter", () => {
    const { client } = new Bench();
    for (const operation of [SUBSCRIBE, UNSUBSCRIBE])
      for (const options of [{ operation }, { operation, items: [] }])
        expect(codeThrownBy(() => client.write(undefined, options))).toBe(INVALID_OPTION);
  });

  test("of a kind that the broker does not have, by its CONNACK, is refused here", () => {
    const bench = new Bench({}, (broker) => {
      broker.connack = {
        properties: {
          wildcardSubscriptionAvailable: false,
          subscriptionIdentifiersAvailable: false,
          sharedSubscriptionAvailable: false,
        },
      };
    });
    const write = (topic: string, properties?: object) => (): void =>
      bench.control({ operation: SUBSCRIBE, items: [{ topic }], ...(properties && { properties }) });
    expect(codeThrownBy(write("a/#"))).toBe(NOT_SUPPORTED);
    expect(codeThrownBy(write("+"))).toBe(NOT_SUPPORTED);
    expect(codeThrownBy(write("$share/g/a"))).toBe(NOT_SUPPORTED);
    expect(codeThrownBy(write("a", { subscriptionIdentifier: 1 }))).toBe(NOT_SUPPORTED);
    write("a", { userProperties: [["a", "b"]] })();
    expect(bench.connection.all("subscribe").length).toBe(1);
  });
});

describe("UNSUBSCRIBE", () => {
  test("[MQTT-3.10.1-1] [MQTT-3.10.3-1] carries filters and properties", () => {
    const bench = new Bench();
    bench.control({
      operation: UNSUBSCRIBE,
      items: [{ topic: "ä/#" }, { topic: "b" }],
      properties: { userProperties: [["why", "test"]] },
    });
    expect(bench.connection.last("unsubscribe")).toMatchObject({
      unsubscriptions: ["ä/#", "b"],
      properties: { userProperties: { why: "test" } },
    });
    expect(bench.connection.peer.writes.at(-1)?.[0]).toBe(0xa2);
  });
});

test("PINGRESP has neither identifier nor Reason Code, whatever came before it", () => {
  const messages: ControlMessage[] = [];
  const bench = new Bench({
    onControl: (_operation: number, message: ControlMessage) => void messages.push(message),
  });
  bench.publish("t", "x", { QoS: 1 });
  bench.control({ operation: MQTTClient.PINGREQ });
  expect(messages.at(-1)).toEqual({ operation: MQTTClient.PINGRESP });
});
