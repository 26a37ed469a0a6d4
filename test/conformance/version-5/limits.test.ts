import { afterEach, describe, expect, test } from "vitest";
import { PACKET_TOO_LARGE } from "../../../device/mqtt/mqtt-error";
import { clock } from "../../support/timer";
import { bytesOf, packetsOf } from "../bytes";
import { closeAll } from "../raw-broker";
import { connack, connect5, maximumPacketSize, publish5, reconnect5, reliable5 } from "./bench";

afterEach(closeAll);

describe("a server that takes little", () => {
  test("[MQTT-3.2.2-15] not even an acknowledgement: the connection is closed, and nothing is sent on it", () => {
    for (let size = 1; size < 5; size++) {
      const { broker, errors, controls } = connect5({ keepAlive: 1000 }, maximumPacketSize(size));
      broker.send(publish5("a", "x", { QoS: 1, id: 1 }));
      clock.advance(5000);
      expect([broker.received, errors, controls, broker.isClosed]).toEqual([
        [],
        [PACKET_TOO_LARGE],
        [],
        true,
      ]);
    }
  });

  test("[MQTT-3.2.2-15] a filter of a longer time before is not given up in a packet too long for it", () => {
    const { broker, client, errors } = reliable5();
    client.subscribe("f".repeat(30));
    broker.send("90 04 00 01 00 00");
    reconnect5(broker, connack(true, 0, maximumPacketSize(24)));
    broker.send();
    client.unsubscribe("f".repeat(30));
    client.publish("a", "x");
    broker.send();
    expect([broker.received, errors]).toEqual([[publish5("a", "x")], [PACKET_TOO_LARGE]]);
    reconnect5(broker, connack(true));
    broker.send();
    expect(broker.received.map((bytes) => bytes.slice(0, 2))).toEqual(["a2"]);
  });

  test("[MQTT-3.2.2-11] a lower QoS than before: what is sent again so ends its exchange, and frees its identifier", () => {
    const { broker, client, delivered } = reliable5({ inFlight: 2 });
    client.publish("a", "1", { QoS: 2 });
    client.publish("b", "2", { QoS: 1 });
    broker.send();
    reconnect5(broker, connack(true, 0, "24 00"));
    broker.send();
    expect(broker.received).toEqual([publish5("a", "1"), publish5("b", "2")]);
    expect([delivered, client.waiting]).toEqual([[1, 2], 0]);
    reconnect5(broker, connack(true));
    broker.send();
    client.publish("c", "3", { QoS: 1 });
    broker.send();
    expect(broker.received).toEqual([publish5("c", "3", { QoS: 1, id: 3 })]);
  });
});

describe("more requests than are in flight at a time", () => {
  /** Answers each SUBSCRIBE that has come. @returns how many have come */
  function answer(broker: ReturnType<typeof reliable5>["broker"], from: number): number {
    const requests = packetsOf(broker.peer.bytes).filter((bytes) => bytes.startsWith("82"));
    for (const bytes of requests.slice(from)) {
      const id = bytesOf(bytes).subarray(bytesOf(bytes)[1]! > 0x7f ? 3 : 2);
      broker.peer.send(Uint8Array.of(0x90, 4, id[0]!, id[1]!, 0, 0));
    }
    clock.advance(10);
    return requests.length;
  }

  test("[MQTT-2.2.1-3] wait, and go out as the others are answered; none is lost, none thrown at the socket", () => {
    const { broker, client, errors } = reliable5();
    broker.connack = "";
    broker.reset();
    for (let id = 1; id <= 300; id++) client.subscribe(`f/${id}`, 0, { subscriptionIdentifier: id });
    clock.advance(600);
    broker.send(connack());
    let answered = 0;
    for (let count = 0; count < 20; count++) answered = answer(broker, answered);
    expect([answered, errors, broker.isClosed]).toEqual([300, [], false]);
  });

  test("[MQTT-3.3.4-8] a message that waited for a SUBACK goes out when it comes", () => {
    const { broker, client } = reliable5({ inFlight: 1 });
    client.subscribe("a");
    client.publish("a", "x", { QoS: 1 });
    broker.send("90 04 00 01 00 00");
    expect(broker.received.at(-1)?.endsWith("78")).toBe(true);
    expect(broker.received.map((bytes) => bytes.slice(0, 2))).toEqual(["82", "32"]);
  });
});
