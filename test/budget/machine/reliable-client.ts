import ReliableClient from "../../../device/client/reliable-client";
import { PAYLOAD_BYTE_LENGTH, Scene, TOPIC } from "./scene";
import { FakeResolver, FakeSocket } from "./wire";

let scene: Scene;

export function begin(): void {
  scene = new Scene();
}

export function idle(): void {
  scene.idle();
}

/** The board's socket alone: what it takes is not the client's. */
export function connectNothing(): void {
  const { wire } = scene;
  new FakeSocket({ target: scene, wire, onReadable: onMessage, onWritable: onDropped });
}

/**
 * Up to CONNACK, and the callbacks that follow it.
 * @param bufferByteLength - of both buffers of its connection
 * @param outboxByteLength - for messages not yet delivered
 * @param messageByteLength - for the message that is received
 */
export function connect(bufferByteLength: number, outboxByteLength: number, messageByteLength: number): void {
  scene.reliableClient = new ReliableClient({
    host: "broker.local",
    id: "budget",
    bufferByteLength,
    outboxByteLength,
    messageByteLength,
    dns: { io: FakeResolver },
    socket: { io: FakeSocket, wire: scene.wire },
    target: scene,
    onMessage,
    onDropped,
    onError,
  });
  scene.accept();
}

function onMessage(): void {
  scene.count += 1;
}

function onDropped(): void {
  throw new Error("a message was dropped");
}

function onError(this: ReliableClient, error: Error): void {
  throw error;
}

export function publish(QoS: number): void {
  const { payload, options } = scene;
  scene.reliableClient!.publish(TOPIC, payload, options[QoS] as { QoS: 0 });
  scene.acknowledge(QoS);
}

/** Makes the publishers. */
export function prepare(): void {
  const client = scene.reliableClient!;
  scene.publishers = [0, 1, 2].map((QoS) =>
    client.prepare({ topic: TOPIC, QoS: QoS as 0, payloadByteLength: PAYLOAD_BYTE_LENGTH }),
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
