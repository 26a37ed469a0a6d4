import fc from "fast-check";
import { generate, type Packet, parser } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import MQTTClient from "../../device/client/mqtt-client";
import type { MQTTClientOptions } from "../../device/client/mqtt-client-options";
import ReliableClient from "../../device/client/reliable-client";
import { WEBSOCKET_FAILED } from "../../device/client/transports/transport-error";
import { BINARY, CONTINUATION, PING } from "../../device/client/transports/websocket/frame";
import WebSocketTransport from "../../device/client/transports/websocket/websocket-transport";
import { clock } from "../support/timer";
import { serverFrame, WebSocketBench } from "./websocket-peer";

let bench: WebSocketBench;
let errors: unknown[];
beforeEach(() => {
  bench = new WebSocketBench();
  errors = [];
});
afterEach(() => {
  bench.network.close();
  clock.advance(0);
});

const CONNACK: Packet = { cmd: "connack", returnCode: 0, sessionPresent: false };

function settings(): Pick<MQTTClientOptions, "host" | "port" | "dns" | "socket"> {
  return {
    host: "broker.local",
    port: 8083,
    dns: bench.dns,
    socket: { io: WebSocketTransport, path: "/mqtt", socket: { io: bench.TCP } },
  };
}

/** A client after CONNACK. */
function connected(options: Partial<MQTTClientOptions> = {}): MQTTClient {
  const client = new MQTTClient({
    ...settings(),
    id: "sensor",
    onError: (error) => void errors.push(error),
    ...options,
  } as MQTTClientOptions);
  login();
  return client;
}

/** Plays the server up to CONNACK. */
function login(): void {
  clock.advance(10);
  bench.peer.accept();
  clock.advance(10);
  bench.peer.send(BINARY, generate(CONNACK));
  clock.advance(10);
}

/** What the client sent, read with `mqtt-packet`, one entry a packet. */
function sent(): Packet[] {
  const packets: Packet[] = [];
  const decoder = parser();
  decoder.on("packet", (packet) => packets.push(packet));
  for (const { payload } of bench.peer.frames) decoder.parse(Buffer.from(payload));
  return packets;
}

describe("MQTTClient over WebSocket", () => {
  test("each packet is one frame in one write", () => {
    const client = connected();
    client.write(Buffer.from("21.5"), { topic: "home/temp" });
    client.write(Buffer.from("21.5"), { topic: "home/temp", QoS: 1 });
    client.write(undefined, { operation: MQTTClient.SUBSCRIBE, items: [{ topic: "home/#" }] });
    client.write(undefined, { operation: MQTTClient.DISCONNECT });
    clock.advance(10);
    expect(sent().map(({ cmd }) => cmd)).toEqual([
      "connect",
      "publish",
      "publish",
      "subscribe",
      "disconnect",
    ]);
    expect(bench.peer.frames.map(({ opcode }) => opcode)).toEqual(Array(5).fill(BINARY));
    expect(bench.peer.peer.writes).toHaveLength(1 + 5);
    expect(errors).toEqual([]);
  });

  test("a payload larger than all buffers goes out in frames as the socket takes them", () => {
    const payload = Uint8Array.from({ length: 30_000 }, (_, index) => index % 251);
    let written = 0;
    let begun = false;
    connected({
      onWritable(count) {
        if (!begun) {
          begun = true;
          this.write(new Uint8Array(0), { topic: "big", byteLength: payload.length });
        } else if (written < payload.length) {
          const piece = payload.subarray(written, written + Math.min(count, 1_000));
          this.write(piece);
          written += piece.length;
        }
      },
    });
    for (let turn = 0; turn < 200; turn++) clock.advance(10);
    const packet = sent().at(-1) as Packet & { payload: Buffer };
    expect(packet).toMatchObject({ cmd: "publish", topic: "big" });
    expect(Buffer.compare(packet.payload, payload)).toBe(0);
  });

  test("packets and frames need not be aligned [MQTT-6.0.0-2]: any cut, any chunk, with Pings between", () => {
    const messages = fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 8 });
    const cuts = fc.infiniteStream(fc.integer({ min: 1, max: 300 }));
    fc.assert(
      fc.property(messages, cuts, cuts, fc.boolean(), (payloads, frameCuts, chunkCuts, pings) => {
        bench = new WebSocketBench();
        const received: Uint8Array[] = [];
        let message: Uint8Array[] = [];
        connected({
          onReadable(count, { more }) {
            if (count > 0) message.push(new Uint8Array(this.read(count)));
            if (more) return;
            received.push(Buffer.concat(message));
            message = [];
          },
        });
        for (const bytes of chunks(framed(payloads, frameCuts, pings), chunkCuts)) {
          bench.peer.peer.send(bytes);
          clock.advance(1);
        }
        clock.advance(10);
        expect(received.map((bytes) => [...bytes])).toEqual(payloads.map((bytes) => [...bytes]));
        expect(errors).toEqual([]);
        bench.network.close();
        clock.advance(0);
        errors.length = 0;
      }),
      { numRuns: 60 },
    );
  });
});

/** The messages as PUBLISH packets, in frames that end anywhere, some of them fragments. */
function framed(payloads: readonly Uint8Array[], cuts: Iterator<number>, pings: boolean): Uint8Array {
  const stream = Buffer.concat(
    payloads.map((payload) =>
      generate({
        cmd: "publish",
        topic: "t",
        payload: Buffer.from(payload),
        qos: 0,
        retain: false,
        dup: false,
      }),
    ),
  );
  const pieces = [...chunks(stream, cuts)];
  return Buffer.concat(
    pieces.flatMap((piece, index) => [
      serverFrame(
        index % 3 === 0 ? BINARY : CONTINUATION,
        piece,
        index % 3 === 2 || index === pieces.length - 1,
      ),
      ...(pings ? [serverFrame(PING, [index & 0xff])] : []),
    ]),
  );
}

function* chunks(bytes: Uint8Array, cuts: Iterator<number>): Generator<Uint8Array> {
  for (let start = 0; start < bytes.length; ) {
    const end = start + (cuts.next().value as number);
    yield bytes.subarray(start, end);
    start = end;
  }
}

test("what is wrong with a WebSocket comes to the application as it is", () => {
  const client = new MQTTClient({
    ...settings(),
    id: "sensor",
    onError: (error) => void errors.push(error),
  });
  clock.advance(10);
  bench.peer.peer.send(Buffer.from("HTTP/1.1 401 Unauthorized\r\n\r\n"));
  clock.advance(10);
  expect(errors).toEqual([expect.objectContaining({ code: WEBSOCKET_FAILED, returnCode: 401 })]);
  client.close();
});

test("ReliableClient comes back over a new WebSocket, and delivers what was accepted meanwhile", () => {
  const client = new ReliableClient({ ...settings(), id: "sensor", random: () => 0.5 });
  login();
  expect(client.connected).toBe(true);
  bench.peer.peer.reset();
  clock.advance(10);
  expect(client.connected).toBe(false);
  client.publish("home/temp", "21.5", { QoS: 1 });
  clock.advance(2_000);
  login();
  expect(bench.peers).toHaveLength(2);
  expect(client.reconnects).toBe(1);
  expect(sent().at(-1)).toMatchObject({ cmd: "publish", topic: "home/temp", qos: 1 });
  client.close();
  clock.advance(10);
});
