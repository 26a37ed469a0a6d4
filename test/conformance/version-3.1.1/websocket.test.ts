import { afterEach, describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import WebSocketTransport from "../../../device/client/transports/websocket/websocket-transport";
import { clock } from "../../support/timer";
import { WebSocketBench } from "../../transports/websocket-peer";
import { bytesOf, CONNACK_NEW, hexOf, join, packet, puback, publish, string } from "../bytes";

// Opcodes of RFC 6455 section 5.2.
const CONTINUATION = 0;
const TEXT = 1;
const BINARY = 2;

const opened: { close(): void }[] = [];

afterEach(() => {
  for (const one of opened.splice(0)) one.close();
  clock.advance(10);
});

interface Connected {
  readonly bench: WebSocketBench;
  readonly client: MQTTClient;
  readonly messages: string[];
  readonly errors: number[];
}

/** A client that waits for CONNACK, over a WebSocket that the peer has accepted. */
function open(): Connected {
  const bench = new WebSocketBench();
  const messages: string[] = [];
  const errors: number[] = [];
  const client = new MQTTClient({
    host: "broker.local",
    port: 8083,
    id: "c",
    dns: bench.dns,
    socket: { io: WebSocketTransport, path: "/mqtt", socket: { io: bench.TCP } },
    onReadable(count, { topic }) {
      const piece = Buffer.from(this.read(count)).toString();
      if (topic === undefined) messages[messages.length - 1] += piece;
      else messages.push(`${topic}:${piece}`);
    },
    onError: ({ code }) => void errors.push(code),
  });
  opened.push(client, bench.network);
  clock.advance(10);
  bench.peer.accept();
  clock.advance(10);
  return { bench, client, messages, errors };
}

function connected(): Connected {
  const all = open();
  all.bench.peer.send(BINARY, bytesOf(CONNACK_NEW));
  clock.advance(10);
  return all;
}

/** What the client's frames carry, joined. */
function streamOf(bench: WebSocketBench): string {
  return join(...bench.peer.frames.map(({ payload }) => hexOf(payload)));
}

describe("over WebSocket", () => {
  test("[MQTT-6.0.0-1] packets of every kind and size go out in binary frames", () => {
    const { bench, client } = connected();
    const long = "p".repeat(2000);
    client.write(null, { operation: MQTTClient.SUBSCRIBE, items: [{ topic: "a" }] });
    client.write(Buffer.from(long), { topic: "a" });
    bench.peer.send(BINARY, bytesOf(publish("a", "x", { QoS: 1, id: 7 })));
    clock.advance(10);
    client.write(null, { operation: MQTTClient.DISCONNECT });
    clock.advance(10);
    const frames = bench.peer.frames.filter(({ opcode }) => opcode < 8);
    expect(frames.length).toBeGreaterThanOrEqual(5);
    expect(new Set(frames.map(({ opcode }) => opcode))).toEqual(new Set([BINARY]));
    expect(join(...frames.map(({ payload }) => hexOf(payload)))).toBe(
      join(
        packet(0x10, "00 04 4d 51 54 54 04 02 00 00", string("c")),
        "82 06 00 01 00 01 61 00",
        publish("a", long),
        puback(7),
        "e0 00",
      ),
    );
  });

  test("[MQTT-6.0.0-1] a text frame from the server closes the connection, and its bytes are no packet", () => {
    const { bench, messages, errors } = connected();
    bench.peer.send(TEXT, bytesOf(publish("a", "x")));
    clock.advance(10);
    expect([messages, errors.length]).toEqual([[], 1]);
    expect(bench.peer.peer.open).toBe(false);
  });

  test.each([1, 2, 3, 5, 1000])(
    "[MQTT-6.0.0-2] packets from the server may be cut into frames of %d bytes, or share one",
    (size) => {
      const { bench, messages, errors } = open();
      const stream = bytesOf(
        CONNACK_NEW,
        publish("a", "1"),
        publish("b", ""),
        publish("c", "234", { QoS: 1, id: 7 }),
      );
      for (let start = 0; start < stream.length; start += size) {
        bench.peer.send(BINARY, stream.subarray(start, start + size));
        clock.advance(5);
      }
      expect(messages).toEqual(["a:1", "b:", "c:234"]);
      expect([errors, streamOf(bench).endsWith(puback(7))]).toEqual([[], true]);
    },
  );

  test("[MQTT-6.0.0-2] a message of the WebSocket in several frames may end in the middle of a packet", () => {
    const { bench, messages } = connected();
    const bytes = bytesOf(publish("a", "12"), publish("b", "3"));
    bench.peer.send(BINARY, bytes.subarray(0, 6), false);
    bench.peer.send(CONTINUATION, bytes.subarray(6, 9), true);
    clock.advance(10);
    expect(messages).toEqual(["a:12"]);
    bench.peer.send(BINARY, bytes.subarray(9));
    clock.advance(10);
    expect(messages).toEqual(["a:12", "b:3"]);
  });

  test("[MQTT-6.0.0-3] the client offers the subprotocol mqtt, and no other", () => {
    const { bench } = open();
    const offers = bench.peer.request.split("\r\n").filter((line) => /^sec-websocket-protocol:/i.test(line));
    expect(offers).toEqual(["Sec-WebSocket-Protocol: mqtt"]);
  });
});
