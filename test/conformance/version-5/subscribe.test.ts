import { afterEach, describe, expect, test } from "vitest";
import { SUBSCRIBE, UNSUBSCRIBE } from "../../../device/mqtt/control-packet";
import { INVALID_OPTION, INVALID_QOS, INVALID_TOPIC } from "../../../device/mqtt/mqtt-error";
import { packet, string } from "../bytes";
import { closeAll, codeThrownBy } from "../raw-broker";
import { byte, connack, connect5, publish5, reconnect5, reliable5, userProperty } from "./bench";

afterEach(closeAll);

interface Item {
  topic: string;
  QoS?: number;
  noLocal?: boolean;
  retainAsPublished?: boolean;
  retainHandling?: 0 | 1 | 2;
}

/** The packet that the client makes of these filters. */
function sent(operation: number, items: Item[], properties?: object): string | undefined {
  const { broker, client } = connect5();
  client.write(undefined, { operation, items, ...(properties && { properties }) } as never);
  broker.send();
  expect(broker.received.length).toBe(1);
  return broker.received[0];
}

/** The code by which it refuses them; and nothing is sent. */
function refusal(operation: number, items: unknown): number {
  const { broker, client } = connect5();
  const code = codeThrownBy(() => client.write(undefined, { operation, items } as never));
  broker.send();
  expect(broker.received).toEqual([]);
  return code;
}

/** A SUBSCRIBE of one filter without properties. */
const subscribe = (filter: string, options: string): string =>
  packet(0x82, "00 01 00", string(filter), options);
const unsubscribe = (...filters: string[]): string => packet(0xa2, "00 01 00", ...filters.map(string));

describe("SUBSCRIBE and UNSUBSCRIBE", () => {
  test("[MQTT-3.8.1-1] [MQTT-3.10.1-1] have the flags 0010, whatever is in them", () => {
    const items = [{ topic: "a", QoS: 2 }, { topic: "b" }];
    const properties = { userProperties: [["a", "b"]] };
    expect(sent(SUBSCRIBE, items, properties)).toBe(
      packet(0x82, "00 01", "07", userProperty("b"), string("a"), "02", string("b"), "00"),
    );
    expect(sent(UNSUBSCRIBE, items, properties)).toBe(
      packet(0xa2, "00 01", "07", userProperty("b"), string("a"), string("b")),
    );
  });

  test("[MQTT-3.8.3-1] [MQTT-3.10.3-1] carry filters in UTF-8, and none that has no UTF-8", () => {
    expect(sent(SUBSCRIBE, [{ topic: "grün/水/😀" }])).toBe(subscribe("grün/水/😀", "00"));
    expect(sent(UNSUBSCRIBE, [{ topic: "grün/水/😀" }])).toBe(unsubscribe("grün/水/😀"));
    for (const topic of ["\ud83d", "a/\udc00", "a\ud800b"])
      for (const operation of [SUBSCRIBE, UNSUBSCRIBE])
        expect(refusal(operation, [{ topic: "good" }, { topic }])).toBe(INVALID_TOPIC);
  });

  test("[MQTT-3.8.3-2] [MQTT-3.10.3-2] have at least one filter", () => {
    for (const operation of [SUBSCRIBE, UNSUBSCRIBE])
      for (const items of [undefined, null, []]) expect(refusal(operation, items)).toBe(INVALID_OPTION);
    expect(sent(UNSUBSCRIBE, [{ topic: "a" }])).toBe(unsubscribe("a"));
  });

  test("[MQTT-3.8.3-2] [MQTT-3.10.3-2] of a ReliableClient without filters are not sent, also on a new session", () => {
    const { broker, client } = reliable5();
    client.subscribe("a");
    client.unsubscribe("a");
    client.unsubscribe("never/wanted");
    broker.send("90 04 00 01 00 00", "b0 04 00 02 00 00");
    expect(broker.received.map((bytes) => bytes.slice(0, 2))).toEqual(["82", "a2"]);
    reconnect5(broker, connack(false));
    client.publish("a", "x");
    broker.send();
    expect(broker.received).toEqual([publish5("a", "x")]);
  });

  test("[MQTT-3.8.3-5] carry subscription options in their bits, and 0 in those reserved", () => {
    for (let options = 0; options < 0x30; options++) {
      const QoS = options & 3;
      if (QoS === 3) continue;
      const item = {
        topic: "a",
        QoS,
        noLocal: Boolean(options & 4),
        retainAsPublished: Boolean(options & 8),
        retainHandling: (options >> 4) as 0 | 1 | 2,
      };
      expect(sent(SUBSCRIBE, [item])).toBe(subscribe("a", byte(options)));
    }
  });

  test("[MQTT-3.8.3-5] with options that would need a reserved bit are refused", () => {
    for (const QoS of [3, 4, 64, -1]) expect(refusal(SUBSCRIBE, [{ topic: "a", QoS }])).toBe(INVALID_QOS);
    for (const retainHandling of [3, 4, -1, 1.5])
      expect(refusal(SUBSCRIBE, [{ topic: "a", retainHandling }])).toBe(INVALID_OPTION);
  });
});

describe("Shared Subscriptions", () => {
  test("[MQTT-3.8.3-4] have No Local 0; with 1 they are refused, by both clients", () => {
    expect(sent(SUBSCRIBE, [{ topic: "$share/g/a" }])).toBe(subscribe("$share/g/a", "00"));
    const refused = { topic: "$share/g/a", noLocal: true };
    expect(refusal(SUBSCRIBE, [{ topic: "b", noLocal: true }, refused])).toBe(INVALID_OPTION);
    const { broker, client } = reliable5();
    expect(codeThrownBy(() => client.subscribe("$share/g/a", 0, { noLocal: true }))).toBe(INVALID_OPTION);
    broker.send();
    expect(broker.received).toEqual([]);
    // Not a Shared Subscription, but near to one.
    expect(sent(SUBSCRIBE, [{ topic: "$shared/g/a", noLocal: true }])).toBe(subscribe("$shared/g/a", "04"));
  });

  test.each(["$share//a", "$share/", "$share//"])(
    "[MQTT-4.8.2-1] %s has no name, and is refused in SUBSCRIBE and UNSUBSCRIBE",
    (topic) => {
      for (const operation of [SUBSCRIBE, UNSUBSCRIBE])
        expect(refusal(operation, [{ topic }])).toBe(INVALID_TOPIC);
      expect(codeThrownBy(() => reliable5().client.subscribe(topic))).toBe(INVALID_TOPIC);
    },
  );

  test.each(["$share/g", "$share/g/", "$share/+/a", "$share/#", "$share/g#/a", "$share/g+/a", "$share/g/a#"])(
    "[MQTT-4.8.2-2] %s has a wildcard in its name, or no filter after it, and is refused",
    (topic) => {
      for (const operation of [SUBSCRIBE, UNSUBSCRIBE])
        expect(refusal(operation, [{ topic }])).toBe(INVALID_TOPIC);
    },
  );

  test.each(["$share/g/a", "$share/g//", "$share/a name/#", "$share/ü/+/b", "$share/1/$SYS/x"])(
    "[MQTT-4.8.2-1] [MQTT-4.8.2-2] %s is one, sent as it is",
    (topic) => {
      expect(sent(SUBSCRIBE, [{ topic, QoS: 1 }])).toBe(subscribe(topic, "01"));
      expect(sent(UNSUBSCRIBE, [{ topic }])).toBe(unsubscribe(topic));
    },
  );
});

describe("Topic Filters", () => {
  test.each([
    ["[MQTT-4.7.1-1]", ["a#", "#/a", "a/#/b", "##", "a/b#", "#a"]],
    ["[MQTT-4.7.1-2]", ["a+", "+a", "a/+b", "++", "a/b+/c"]],
    ["[MQTT-4.7.3-1]", [""]],
    ["[MQTT-4.7.3-2]", ["\0", "a/\0", "\0/#"]],
    ["[MQTT-4.7.3-3]", ["a".repeat(65_536), "ü".repeat(32_768)]],
  ])("%s that do not follow the rule are refused", (_id, filters) => {
    for (const topic of filters)
      for (const operation of [SUBSCRIBE, UNSUBSCRIBE])
        expect(refusal(operation, [{ topic }])).toBe(INVALID_TOPIC);
  });

  test.each([
    ["[MQTT-4.7.1-1] [MQTT-4.7.0-1]", ["#", "/#", "a/#", "+/#"]],
    ["[MQTT-4.7.1-2] [MQTT-4.7.0-1]", ["+", "/+", "+/", "+/+", "a/+/b", "+/b/#"]],
    ["[MQTT-4.7.3-1]", ["/", " ", "//"]],
  ])("%s that follow the rule are sent", (_id, filters) => {
    for (const topic of filters) {
      expect(sent(SUBSCRIBE, [{ topic }])).toBe(subscribe(topic, "00"));
      expect(sent(UNSUBSCRIBE, [{ topic }])).toBe(unsubscribe(topic));
    }
  });

  test("[MQTT-4.7.3-3] of 65,535 bytes are taken; that they do not fit the socket is another matter", () => {
    for (const operation of [SUBSCRIBE, UNSUBSCRIBE])
      expect(refusal(operation, [{ topic: "a".repeat(65_535) }])).not.toBe(INVALID_TOPIC);
  });
});
