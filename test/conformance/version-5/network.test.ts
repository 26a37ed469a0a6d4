import { afterEach, describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import { WEBSOCKET_FAILED } from "../../../device/client/transports/transport-error";
import { BINARY, CLOSE, TEXT } from "../../../device/client/transports/websocket/frame";
import WebSocketTransport from "../../../device/client/transports/websocket/websocket-transport";
import { version5 } from "../../../device/client/version-5/version-5";
import { clock } from "../../support/timer";
import { WebSocketBench } from "../../transports/websocket-peer";
import { bytesOf, packetsOf, puback, pubrec } from "../bytes";
import { closeAll, connectReliable, RawBroker } from "../raw-broker";
import { connack, connect5, publish5, reconnect5, reliable5 } from "./bench";

describe("the stream of bytes", () => {
  afterEach(closeAll);

  test("[MQTT-4.2-1] carries all packets in order, without a byte lost or added, through a buffer that is often full", () => {
    const broker = new RawBroker(64);
    broker.connack = connack();
    const { client, delivered } = connectReliable(broker, { protocol: version5, outboxByteLength: 4096 });
    const payloads = Array.from({ length: 40 }, (_, index) => "p".repeat(index));
    for (const payload of payloads) client.publish("a", payload, { delivery: 2 });
    clock.advance(1000);
    expect(broker.received).toEqual(payloads.map((payload) => publish5("a", payload)));
    expect([delivered.length, broker.peers.length]).toEqual([40, 1]);
  });

  test("[MQTT-4.2-1] is read as one, in segments of any length", () => {
    const payloads = ["", "1", "22", "3".repeat(200), "4".repeat(700)];
    const stream = bytesOf(
      ...payloads.map((payload, index) => publish5("a", payload, { QoS: 1 + (index % 2), id: index + 1 })),
    );
    for (const length of [1, 2, 3, 7, 64, 255, stream.length]) {
      const { broker, messages } = connect5();
      for (let start = 0; start < stream.length; start += length)
        broker.peer.send(stream.subarray(start, start + length));
      clock.advance(50);
      expect(messages.map(({ payload }) => payload)).toEqual(payloads);
      expect(broker.received).toEqual([puback(1), pubrec(2), puback(3), pubrec(4), puback(5)]);
    }
  });

  test("[MQTT-4.2-1] that broke is not continued on the next", () => {
    const { broker, messages } = reliable5();
    // A PUBLISH of which two bytes are missing: those that come are a packet of their own.
    broker.send("30 07 00 01 61 00 31");
    reconnect5(broker);
    broker.send(publish5("a", "5"));
    expect([messages.map(({ payload }) => payload), broker.isClosed]).toEqual([["5"], false]);
  });
});

describe("over WebSocket", () => {
  let bench: WebSocketBench;
  let client: MQTTClient;
  let messages: string[];
  let errors: number[];

  afterEach(() => {
    client.close();
    bench.network.close();
    clock.advance(10);
    expect(clock.pending).toBe(0);
  });

  /** A client whose connection stands, before the server has answered the request. */
  function open(): void {
    bench = new WebSocketBench();
    messages = [];
    errors = [];
    client = new MQTTClient({
      host: "broker.local",
      port: 8083,
      id: "c",
      protocol: version5,
      dns: bench.dns,
      socket: { io: WebSocketTransport, path: "/mqtt", socket: { io: bench.TCP } },
      onReadable(count, { more }) {
        messages.push(Buffer.from(this.read(count)).toString() + (more ? "+" : ""));
      },
      onError: ({ code }) => void errors.push(code),
    });
    clock.advance(10);
  }

  function connected(): void {
    open();
    bench.peer.accept();
    clock.advance(10);
    send(bytesOf(connack()));
  }

  function send(...frames: Uint8Array[]): void {
    for (const frame of frames) bench.peer.send(BINARY, frame);
    clock.advance(10);
  }

  /** MQTT packets in the data frames that the client has sent, together. */
  function packets(): string[] {
    const frames = bench.peer.frames.filter(({ opcode }) => opcode <= BINARY);
    return packetsOf(Buffer.concat(frames.map(({ payload }) => payload)));
  }

  test("[MQTT-6.0.0-1] packets of all kinds and sizes go out in binary frames, and in no others", () => {
    connected();
    client.write(Buffer.alloc(2000, "x"), { topic: "a" });
    client.write(undefined, { operation: MQTTClient.SUBSCRIBE, items: [{ topic: "a" }] });
    client.write(undefined, { operation: MQTTClient.PINGREQ });
    send(bytesOf(publish5("a", "1", { QoS: 1, id: 7 })));
    client.write(undefined, { operation: MQTTClient.DISCONNECT });
    clock.advance(10);
    expect(packets().map((bytes) => bytes.slice(0, 2))).toEqual(["10", "30", "82", "c0", "40", "e0"]);
    const opcodes = bench.peer.frames.map(({ opcode }) => opcode);
    expect(new Set(opcodes.filter((opcode) => opcode !== CLOSE))).toEqual(new Set([BINARY]));
  });

  test("[MQTT-6.0.0-1] a text frame closes the connection, whatever is in it; binary ones do not", () => {
    connected();
    send(bytesOf(publish5("a", "1")));
    bench.peer.send(TEXT, bytesOf(publish5("a", "2")));
    send(bytesOf(publish5("a", "3")));
    expect([messages, errors, client.ended]).toEqual([["1"], [WEBSOCKET_FAILED], true]);
    expect(bench.peer.frames.at(-1)).toMatchObject({ opcode: CLOSE, payload: Uint8Array.of(3, 235) });
  });

  test.each([1, 2, 5, 11, 1000])(
    "[MQTT-6.0.0-2] packets need not begin or end where frames of %d bytes do",
    (size) => {
      connected();
      const stream = bytesOf(publish5("a", "1"), publish5("b", "2", { QoS: 1, id: 5 }), publish5("c", "3"));
      const frames = Array.from({ length: Math.ceil(stream.length / size) }, (_, index) =>
        stream.subarray(index * size, (index + 1) * size),
      );
      send(...frames);
      expect([messages, errors]).toEqual([["1", "2", "3"], []]);
      expect(packets().at(-1)).toBe(puback(5));
    },
  );

  test("[MQTT-6.0.0-2] nor where fragments of a frame do, with nothing in them too", () => {
    connected();
    const stream = bytesOf(publish5("a", "1"), publish5("b", "2"));
    bench.peer.send(BINARY, stream.subarray(0, 3), false);
    bench.peer.send(0, [], false);
    bench.peer.send(0, stream.subarray(3));
    clock.advance(10);
    expect([messages, errors]).toEqual([["1", "2"], []]);
  });

  test("[MQTT-6.0.0-3] the request offers mqtt, and a server that takes another subprotocol is not spoken to", () => {
    open();
    const offered = bench.peer.request.split("\r\n").filter((line) => /^sec-websocket-protocol:/i.test(line));
    expect(offered.map((line) => line.split(":")[1]?.trim())).toEqual(["mqtt"]);
    const { peer } = bench.peer;
    peer.send(Buffer.from(bench.peer.answer().replace("Protocol: mqtt", "Protocol: mqttv3.1")));
    clock.advance(10);
    expect([errors, client.ended]).toEqual([[WEBSOCKET_FAILED], true]);
    expect(bench.peer.frames.filter(({ opcode }) => opcode === BINARY)).toEqual([]);
  });
});
