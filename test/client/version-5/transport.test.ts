import { generate, type Packet, parser } from "mqtt-packet";
import { afterEach, describe, expect, test } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import { BINARY } from "../../../device/client/transports/websocket/frame";
import WebSocketTransport from "../../../device/client/transports/websocket/websocket-transport";
import { version5 } from "../../../device/client/version-5/version-5";
import { clock } from "../../support/timer";
import { WebSocketBench } from "../../transports/websocket-peer";
import { Bench } from "./bench";

const VERSION = { protocolVersion: 5 } as const;
const CONNACK: Packet = { cmd: "connack", reasonCode: 0, sessionPresent: false };

/** What a broker may send, all of it with properties. */
const packets: Packet[] = [
  {
    cmd: "publish",
    topic: "home/temp",
    payload: Buffer.from("21.5"),
    qos: 1,
    messageId: 7,
    dup: false,
    retain: false,
    properties: { contentType: "text/plain", userProperties: { unit: "K" } },
  },
  { cmd: "pubrel", messageId: 3, reasonCode: 0, properties: { reasonString: "go on" } },
  {
    cmd: "publish",
    topic: "home/light",
    payload: Buffer.from("ON"),
    qos: 0,
    dup: false,
    retain: true,
  },
];

test("[MQTT-4.2-1] packets arrive the same however the stream of bytes is cut", () => {
  const bytes = Buffer.concat(packets.map((packet) => generate(packet, VERSION)));
  for (let size = 1; size <= bytes.length; size++) {
    const { connection, messages, controls, errors } = new Bench();
    for (let start = 0; start < bytes.length; start += size) {
      connection.peer.send(bytes.subarray(start, start + size));
      clock.advance(5);
    }
    expect(messages.map(({ topic, payload }) => `${topic} ${payload}`)).toEqual([
      "home/temp 21.5",
      "home/light ON",
    ]);
    expect(controls.map(({ operation }) => operation)).toEqual([MQTTClient.CONNACK, MQTTClient.PUBREL]);
    expect(connection.log).toEqual(["connect", "puback 7", "pubcomp 3 0x92"]);
    expect(errors).toEqual([]);
  }
});

describe("over WebSocket", () => {
  let bench: WebSocketBench;
  let client: MQTTClient | undefined;
  afterEach(() => {
    client?.close();
    bench.network.close();
    clock.advance(10);
  });

  /** Connects with frames of `frames` around the broker's bytes. @returns messages received, and packets sent */
  function connect(frames: (bytes: Uint8Array) => Uint8Array[]): { received: string[]; sent: Packet[] } {
    bench = new WebSocketBench();
    const received: string[] = [];
    client = new MQTTClient({
      host: "broker.local",
      port: 8083,
      protocol: version5,
      dns: bench.dns,
      socket: { io: WebSocketTransport, path: "/mqtt", socket: { io: bench.TCP } },
      onReadable(count, { topic, more }) {
        if (topic) received.push(`${topic} `);
        received.push(`${Buffer.from(this.read(count))}${more ? "" : " "}`);
      },
    });
    clock.advance(10);
    bench.peer.accept();
    clock.advance(10);
    const bytes = Buffer.concat([CONNACK, ...packets].map((packet) => generate(packet, VERSION)));
    for (const frame of frames(bytes)) bench.peer.send(BINARY, frame);
    clock.advance(10);
    const sent: Packet[] = [];
    const decoder = parser(VERSION);
    decoder.on("packet", (packet) => sent.push(packet));
    for (const { payload } of bench.peer.frames) decoder.parse(Buffer.from(payload));
    return { received, sent };
  }

  test("[MQTT-6.0.0-1] the client sends binary frames only", () => {
    const { sent } = connect((bytes) => [bytes]);
    expect(sent.map(({ cmd }) => cmd)).toEqual(["connect", "puback", "pubcomp"]);
    expect(bench.peer.frames.map(({ opcode }) => opcode)).toEqual([BINARY, BINARY, BINARY]);
  });

  test.each([3, 7, 1000])("[MQTT-6.0.0-2] packets need not align with frames, of %d bytes", (size) => {
    const cut = (bytes: Uint8Array): Uint8Array[] =>
      Array.from({ length: Math.ceil(bytes.length / size) }, (_, index) =>
        bytes.subarray(index * size, (index + 1) * size),
      );
    expect(connect(cut).received.join("")).toBe("home/temp 21.5 home/light ON ");
  });

  test("[MQTT-6.0.0-3] the client offers the subprotocol mqtt", () => {
    connect((bytes) => [bytes]);
    expect(bench.peer.request).toMatch(/^Sec-WebSocket-Protocol: mqtt\r$/im);
  });
});
