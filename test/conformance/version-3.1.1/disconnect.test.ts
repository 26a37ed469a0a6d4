import { afterEach, describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import { PINGREQ, SUBSCRIBE } from "../../../device/mqtt/control-packet";
import { NOT_CONNECTED } from "../../../device/mqtt/mqtt-error";
import { clock } from "../../support/timer";
import { DISCONNECT, publish, pubrec, pubrel } from "../bytes";
import { closeAll, codeThrownBy, connectClient, connectReliable, RawBroker } from "../raw-broker";

afterEach(closeAll);

const operation = MQTTClient.DISCONNECT;

describe("DISCONNECT", () => {
  test("[MQTT-3.14.4-1] is followed by the end of the connection, also when the server does not close", () => {
    const broker = new RawBroker();
    let closed = 0;
    const { client, errors } = connectClient(broker, { onClose: () => closed++ });
    client.write(null, { operation });
    broker.send();
    expect(broker.received).toEqual([DISCONNECT]);
    clock.advance(10_000);
    expect([broker.isClosed, broker.peer.wasReset, closed, errors]).toEqual([true, false, 1, []]);
  });

  test("[MQTT-3.14.4-1] is followed by the end at once when the server closes", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    client.write(null, { operation });
    broker.send();
    broker.peer.finish();
    broker.send();
    expect(broker.isClosed).toBe(true);
  });

  test("[MQTT-3.14.4-1] without it the connection stays", () => {
    const broker = new RawBroker();
    connectClient(broker);
    clock.advance(60_000);
    expect(broker.isClosed).toBe(false);
  });

  test("[MQTT-3.14.4-1] is what close of a ReliableClient sends before it closes", () => {
    const broker = new RawBroker();
    const { client } = connectReliable(broker);
    client.close();
    broker.send();
    expect([broker.received, broker.isClosed]).toEqual([[DISCONNECT], true]);
    clock.advance(120_000);
    expect(broker.peers.length).toBe(1);
  });

  test("[MQTT-3.14.4-2] is the last packet, whatever the application wants to send", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker);
    client.write(null, { operation });
    for (const options of [
      { topic: "a" },
      { operation: PINGREQ },
      { operation },
      { operation: SUBSCRIBE, items: [{ topic: "a" }] },
    ])
      expect(codeThrownBy(() => client.write(Buffer.from("x"), options))).toBe(NOT_CONNECTED);
    clock.advance(10_000);
    expect(broker.received).toEqual([DISCONNECT]);
  });

  test("[MQTT-3.14.4-2] is the last packet, whatever the server sends and however long it waits", () => {
    const broker = new RawBroker();
    const { client, messages } = connectClient(broker, { keepAlive: 1000 });
    client.write(Buffer.from("x"), { topic: "a", QoS: 2 });
    broker.send();
    client.write(null, { operation });
    broker.send(
      publish("a", "x", { QoS: 1, id: 1 }),
      publish("a", "x", { QoS: 2, id: 2 }),
      pubrec(1),
      pubrel(9),
    );
    clock.advance(10_000);
    expect(broker.received).toEqual([publish("a", "x", { QoS: 2, id: 1 }), DISCONNECT]);
    expect(messages).toEqual([]);
  });

  test("[MQTT-3.14.4-2] leaves an acknowledgement unsent that was due", () => {
    const broker = new RawBroker();
    const { client } = connectClient(broker, {
      onReadable(count) {
        this.read(count);
        this.write(null, { operation });
      },
    });
    broker.send(publish("a", "x", { QoS: 1, id: 1 }));
    clock.advance(10_000);
    expect(broker.received).toEqual([DISCONNECT]);
    expect(client.writable).toBe(0);
  });
});
