import { afterEach, describe, expect, test } from "vitest";
import { SUBSCRIBE, UNSUBSCRIBE } from "../../../device/mqtt/control-packet";
import { INVALID_TOPIC, MALFORMED_PACKET } from "../../../device/mqtt/mqtt-error";
import { matches } from "../../../device/mqtt/topic";
import { field, number, packet, publish, string } from "../bytes";
import {
  type ClientUnderTest,
  closeAll,
  codeThrownBy,
  connectClient,
  connectReliable,
  RawBroker,
} from "../raw-broker";

afterEach(closeAll);

function connected(): { broker: RawBroker } & ClientUnderTest {
  const broker = new RawBroker();
  return { broker, ...connectClient(broker) };
}

/** Neither SUBSCRIBE nor UNSUBSCRIBE sends this filter, and a ReliableClient does not remember it. */
function expectRefusedFilter(topic: string): void {
  const { broker, client } = connected();
  const items = [{ topic }];
  expect(codeThrownBy(() => client.write(null, { operation: SUBSCRIBE, items }))).toBe(INVALID_TOPIC);
  expect(codeThrownBy(() => client.write(null, { operation: UNSUBSCRIBE, items }))).toBe(INVALID_TOPIC);
  broker.send();
  expect(broker.received).toEqual([]);
  const second = new RawBroker();
  const reliable = connectReliable(second);
  expect(codeThrownBy(() => reliable.client.subscribe(topic))).toBe(INVALID_TOPIC);
  second.send();
  expect(second.received).toEqual([]);
}

function expectAcceptedFilter(topic: string): void {
  const { broker, client } = connected();
  client.write(null, { operation: SUBSCRIBE, items: [{ topic }] });
  broker.send();
  expect(broker.received).toEqual([packet(0x82, number(1), string(topic), "00")]);
}

/** No PUBLISH and no will takes this name. */
function expectRefusedName(topic: string): void {
  const { broker, client } = connected();
  expect(codeThrownBy(() => client.write(Buffer.from("x"), { topic }))).toBe(INVALID_TOPIC);
  expect(codeThrownBy(() => connectClient(broker, { will: { topic, message: "m" } }))).toBe(INVALID_TOPIC);
  broker.send();
  expect(broker.received).toEqual([]);
  const reliable = connectReliable(new RawBroker());
  expect(codeThrownBy(() => reliable.client.publish(topic, "x"))).toBe(INVALID_TOPIC);
  expect(reliable.client.waiting).toBe(0);
}

/** A PUBLISH with this topic ends the connection. */
function expectRefusedPublish(topicField: string): void {
  const { broker, messages, errors } = connected();
  broker.send(packet(0x30, topicField, "78"));
  expect([broker.isClosed, errors, messages]).toEqual([true, [MALFORMED_PACKET], []]);
}

describe("topics", () => {
  test.each(["#", "a/#", "+", "a/+/b", "a+b"])("[MQTT-3.3.2-2] nothing is published to %s", (topic) => {
    expectRefusedName(topic);
  });

  test.each(["23", "61 2f 23", "2b", "61 2b"])(
    "[MQTT-3.3.2-2] a PUBLISH to the topic of the bytes %s, which has a wildcard, closes the connection",
    (topic) => {
      expectRefusedPublish(field(topic));
    },
  );

  test("[MQTT-4.7.1-1] wildcards are taken in a Topic Filter and refused in a Topic Name", () => {
    for (const topic of ["home/+/temp", "home/#"]) {
      expectAcceptedFilter(topic);
      expectRefusedName(topic);
      expectRefusedPublish(string(topic));
    }
  });

  test.each(["#", "a/#", "/#", "+/#"])("[MQTT-4.7.1-2] %s is subscribed to", (topic) => {
    expectAcceptedFilter(topic);
  });

  test.each(["a#", "a/b#", "#/", "#/a", "a/#/b", "##", "+#", "#+"])(
    "[MQTT-4.7.1-2] %s is never sent: # is alone in its level, and that is the last",
    (topic) => {
      expectRefusedFilter(topic);
    },
  );

  test("[MQTT-4.7.1-2] # matches the level above it and all below", () => {
    const names = ["a", "a/b", "a/b/c", "a/", "ab", "b"];
    expect(names.filter((name) => matches("a/#", name))).toEqual(["a", "a/b", "a/b/c", "a/"]);
    expect(names.filter((name) => matches("#", name))).toEqual(names);
  });

  test.each(["+", "+/a", "a/+", "a/+/b", "+/+"])("[MQTT-4.7.1-3] %s is subscribed to", (topic) => {
    expectAcceptedFilter(topic);
  });

  test.each(["a+", "+a", "a/b+/c", "a/+b", "++"])(
    "[MQTT-4.7.1-3] %s is never sent: + is alone in its level",
    (topic) => {
      expectRefusedFilter(topic);
    },
  );

  test("[MQTT-4.7.1-3] + matches exactly one level, also an empty one", () => {
    const names = ["a", "a/", "a/b", "a/b/c", "/b"];
    expect(names.filter((name) => matches("a/+", name))).toEqual(["a/", "a/b"]);
    expect(names.filter((name) => matches("+/b", name))).toEqual(["a/b", "/b"]);
  });

  test("[MQTT-4.7.3-1] a topic of one character goes both ways, an empty one neither", () => {
    const { broker, client, messages } = connected();
    client.write(Buffer.from("x"), { topic: "/" });
    client.write(null, { operation: SUBSCRIBE, items: [{ topic: "a" }] });
    broker.send(publish("b", "y"));
    expect(broker.received).toEqual([publish("/", "x"), packet(0x82, number(1), string("a"), "00")]);
    expect(messages).toMatchObject([{ topic: "b", payload: "y" }]);
    expectRefusedName("");
    expectRefusedFilter("");
    expectRefusedPublish(field(""));
  });

  test("[MQTT-4.7.3-2] neither a Topic Name nor a Topic Filter has U+0000", () => {
    expectRefusedName("a\0");
    expectRefusedFilter("\0/a");
    expectRefusedFilter("a/\0");
    expectRefusedPublish(field("61 00"));
  });

  test("[MQTT-4.7.3-3] a Topic Name has up to 65,535 bytes, not characters", () => {
    const broker = new RawBroker(200_000);
    const { client } = connectClient(broker);
    const longest = `é${"a".repeat(65_533)}`;
    client.write(Buffer.from("x"), { topic: longest });
    broker.send();
    expect(broker.received).toEqual([packet(0x30, "ff ff c3 a9", "61 ".repeat(65_533).trim(), "78")]);
    expectRefusedName(`é${"a".repeat(65_534)}`);
  });

  test("[MQTT-4.7.3-3] a Topic Filter has up to 65,535 bytes", () => {
    const broker = new RawBroker(200_000);
    const { client } = connectClient(broker);
    client.write(null, { operation: SUBSCRIBE, items: [{ topic: "a".repeat(65_535) }] });
    broker.send();
    expect(broker.received).toEqual([packet(0x82, "00 01 ff ff", "61 ".repeat(65_535).trim(), "00")]);
    expectRefusedFilter("a".repeat(65_536));
  });

  test("[MQTT-4.7.3-3] a topic of 65,535 bytes is received by a client that has the room", () => {
    const broker = new RawBroker();
    const { messages } = connectClient(broker, { headerByteLength: 65_537 });
    broker.send(packet(0x30, "ff ff", "61 ".repeat(65_535).trim(), "78"));
    expect(messages.map(({ topic, payload }) => [topic?.length, payload])).toEqual([[65_535, "x"]]);
  });
});
