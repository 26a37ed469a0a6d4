import MQTTClient from "../../../device/client/mqtt-client";
import { PAYLOAD_BYTE_LENGTH, Scene, TOPIC } from "./scene";
import { FakeResolver, FakeSocket } from "./wire";

let scene: Scene;

/** Makes all but the client. */
export function begin(): void {
  scene = new Scene();
}

export function idle(): void {
  scene.idle();
}

/** The board's socket alone: what it takes is not the client's. */
export function connectNothing(): void {
  const { wire } = scene;
  new FakeSocket({ target: scene, wire, onReadable: onControl, onWritable: onControl });
}

/** Up to CONNACK, and the callbacks that follow it. @param bufferByteLength - of each of its three buffers */
export function connect(bufferByteLength: number): void {
  scene.mqttClient = new MQTTClient({
    host: "broker.local",
    id: "budget",
    keepAlive: 60_000,
    bufferByteLength,
    headerByteLength: bufferByteLength,
    dns: { io: FakeResolver },
    socket: { io: FakeSocket, wire: scene.wire },
    target: scene,
    onReadable,
    onControl,
    onError,
  });
  scene.accept();
}

function onReadable(this: MQTTClient): void {
  const { received } = this.target as Scene;
  this.read(received);
}

function onControl(): void {}

function onError(this: MQTTClient, error: Error): void {
  throw error;
}

/** Through the general call, with options made once; then the broker acknowledges. */
export function publish(QoS: number): void {
  const { payload, options } = scene;
  scene.mqttClient!.write(payload, options[QoS]!);
  scene.acknowledge(QoS);
}

/** Makes the publishers. */
export function prepare(): void {
  const client = scene.mqttClient!;
  scene.publishers = [0, 1, 2].map((QoS) =>
    client.prepare({ topic: TOPIC, QoS, payloadByteLength: PAYLOAD_BYTE_LENGTH }),
  );
}

/** As `publish`, through a publisher. */
export function prepared(QoS: number): void {
  const { payload, publishers } = scene;
  publishers[QoS]!.write(payload);
  scene.acknowledge(QoS);
}

/** What `publish` costs without a client. */
export function acknowledge(QoS: number): void {
  scene.acknowledge(QoS);
}

/** A message arrives and goes to the application; then the client acknowledges. */
export function receive(QoS: number): void {
  scene.send(QoS);
}

/** Everything `count` times. @returns socket writes */
export function repeat(count: number): number {
  const { wire } = scene;
  const before = wire.writes;
  for (let index = 0; index < count; index += 1) {
    publish(index % 3);
    receive(index % 3);
  }
  return wire.writes - before;
}

export function writes(): number {
  return scene.wire.writes;
}

export function nothing(): void {}
