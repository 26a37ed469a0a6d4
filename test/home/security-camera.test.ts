import type Digital from "embedded:io/digital";
import type ImageIn from "embedded:io/image/in/camera";
import Timer from "timer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import Camera from "../../device/drivers/camera/camera";
import PIR from "../../device/drivers/pir/pir";
import SecurityCamera, { type SecurityCameraOptions } from "../../device/home/security-camera";
import { Board } from "../../host-sim/board/board";
import { xiaoESP32S3Sense } from "../../host-sim/board/board-description";
import { ImageSensorPart } from "../../host-sim/board/parts/image-sensor";
import { PIRPart } from "../../host-sim/board/parts/pir";
import { clientError, createFakeClient, type FakeClientOptions } from "../support/fake-client";
import { clock } from "../support/timer";

const TOPIC = "home/camera";
const IMAGE_TOPIC = "home/camera/image";
const LOG_TOPIC = "home/security-camera/log";

let board: Board;
let pir: PIRPart;
let imageSensor: ImageSensorPart;
let fake: FakeClientOptions;
let devices: SecurityCamera[];

beforeEach(() => {
  board = new Board({ clock, description: xiaoESP32S3Sense });
  pir = board.attach(new PIRPart({ pin: 2, holdTime: 1_000, blockTime: 0 }));
  imageSensor = board.attach(
    new ImageSensorPart({ capture: ({ sequence }) => Uint8Array.of(0xff, 0xd8, sequence, 0xff, 0xd9) }),
  );
  fake = createFakeClient();
  devices = [];
});

afterEach(() => {
  for (const device of devices) device.close();
  expect(board.openInstances).toBe(0);
  expect(imageSensor.statistics).toMatchObject({ unclosed: 0, misused: 0 });
  board.detach(pir);
  board.detach(imageSensor);
  clock.advance(0);
  expect(clock.pending).toBe(0);
});

function createDevice(options: Partial<SecurityCameraOptions> = {}): SecurityCamera {
  const device = new SecurityCamera({
    id: "security-camera",
    client: { random: () => 0.5, ...fake.options },
    sensor: {
      io: PIR,
      sensor: { io: board.provider.io.Digital as unknown as typeof Digital, pin: 2 },
      timer: Timer,
    },
    camera: {
      io: Camera,
      camera: { io: board.Camera as unknown as typeof ImageIn, width: 320, height: 240 },
      timer: Timer,
    },
    ...options,
  });
  devices.push(device);
  return device;
}

/** Somebody walks by; the motion is over when this returns. */
function motion(): void {
  pir.motion();
  clock.advance(2_000);
}

function log(): { level: string; code: number; message: string }[] {
  return fake.client.payloads(LOG_TOPIC).map((payload) => JSON.parse(payload));
}

describe("motion", () => {
  it("is told with a number of the device's start, so that after another start no event is the same", () => {
    const payloads = [0.25, 0.75].flatMap((random) => {
      const own = createFakeClient();
      const device = createDevice({ client: { ...own.options, random: () => random } });
      own.client.connect();
      motion();
      device.close();
      devices.pop();
      return own.client.payloads(TOPIC);
    });
    expect(payloads).toEqual([
      '{"event_type":"motion","boot":4194304,"sequence":1}',
      '{"event_type":"motion","boot":12582912,"sequence":1}',
    ]);
  });

  it("becomes one event, QoS 2, not retained, that must arrive", () => {
    createDevice();
    fake.client.connect();
    motion();
    expect(fake.client.payloads(TOPIC)).toEqual(['{"event_type":"motion","boot":8388608,"sequence":1}']);
    expect(fake.client.last(TOPIC)?.options).toMatchObject({ QoS: 2, retain: false, delivery: 2 });
  });

  it("is numbered since the start, so that a receiver sees a gap", () => {
    createDevice();
    fake.client.connect();
    for (let visit = 0; visit < 3; visit += 1) {
      motion();
      fake.client.streams[visit]?.complete();
    }
    expect(fake.client.payloads(TOPIC).map((payload) => JSON.parse(payload).sequence)).toEqual([1, 2, 3]);
  });

  it("says nothing when it ends", () => {
    createDevice();
    fake.client.connect();
    pir.motion();
    clock.advance(500);
    const before = fake.client.calls.length;
    fake.client.streams[0]?.complete();
    clock.advance(10_000);
    expect(fake.client.calls).toHaveLength(before);
  });

  it("while offline is an event for the client to keep, and no picture", () => {
    createDevice();
    motion();
    expect(fake.client.payloads(TOPIC)).toEqual(['{"event_type":"motion","boot":8388608,"sequence":1}']);
    fake.client.connect();
    clock.advance(5_000);
    expect(fake.client.streams).toHaveLength(0);
    expect(imageSensor.statistics.delivered).toBe(0);
  });

  it("whose event the client had to give up is reported", () => {
    createDevice();
    fake.client.connect();
    fake.client.drop(TOPIC, clientError(203, "outbox is full, 4096 bytes"));
    expect(log()).toEqual([
      { level: "error", code: 422, message: "motion event not sent: outbox is full, 4096 bytes" },
    ]);
  });

  it("goes to the place's topic where one is given", () => {
    createDevice({ topic: "home/porch/camera" });
    fake.client.connect();
    motion();
    expect(fake.client.payloads("home/porch/camera")).toHaveLength(1);
    expect(fake.client.streams[0]?.topic).toBe("home/porch/camera/image");
  });
});

describe("a picture", () => {
  it("follows the event, straight from the camera's memory, and is given back when it is sent", () => {
    createDevice();
    fake.client.connect();
    motion();
    const stream = fake.client.streams[0]!;
    expect(fake.client.calls.slice(-2)).toEqual([
      `publish ${TOPIC} {"event_type":"motion","boot":8388608,"sequence":1}`,
      `stream ${IMAGE_TOPIC} 5`,
    ]);
    expect(stream.options).toMatchObject({ QoS: 0, retain: false });
    expect([...(stream.payload as Uint8Array)].slice(0, 2)).toEqual([0xff, 0xd8]);
    expect(imageSensor.statistics.unclosed).toBe(1);
    stream.complete();
    expect(imageSensor.statistics.unclosed).toBe(0);
  });

  it("is not taken while the last one is on its way; the event is sent all the same", () => {
    createDevice();
    fake.client.connect();
    motion();
    motion();
    expect(fake.client.payloads(TOPIC)).toHaveLength(2);
    expect(fake.client.streams).toHaveLength(1);
    fake.client.streams[0]?.complete();
    motion();
    expect(fake.client.streams).toHaveLength(2);
    fake.client.streams[1]?.complete();
  });

  it("that the connection lost is given back and reported", () => {
    createDevice();
    fake.client.connect();
    motion();
    fake.client.streams[0]?.complete(clientError(103, "connection lost"));
    expect(imageSensor.statistics.unclosed).toBe(0);
    expect(log()).toEqual([{ level: "warning", code: 421, message: "picture not sent: connection lost" }]);
  });

  it("that the client does not take is given back at once", () => {
    createDevice();
    fake.client.connect();
    fake.client.acceptsStreams = false;
    motion();
    expect(imageSensor.statistics).toMatchObject({ delivered: 2, unclosed: 0 });
    fake.client.acceptsStreams = true;
    motion();
    expect(fake.client.streams).toHaveLength(1);
    fake.client.streams[0]?.complete();
  });

  it("when the connection goes while it is being taken, is given back", () => {
    createDevice();
    fake.client.connect();
    pir.motion();
    clock.advance(60);
    fake.client.connected = false;
    clock.advance(2_000);
    expect(imageSensor.statistics.unclosed).toBe(0);
    expect(fake.client.streams).toHaveLength(0);
  });

  it("that the camera does not deliver is reported, and the next is tried", () => {
    class Blind extends Camera {
      override capture(): boolean {
        throw new Error("camera init failed");
      }
    }
    createDevice({
      camera: {
        io: Blind,
        camera: { io: board.Camera as unknown as typeof ImageIn, width: 320, height: 240 },
        timer: Timer,
      },
    });
    fake.client.connect();
    motion();
    motion();
    expect(fake.client.payloads(TOPIC)).toHaveLength(2);
    expect(log()[0]).toEqual({ level: "error", code: 420, message: "no picture: camera init failed" });
    expect(log()).toHaveLength(2);
  });

  it("that does not come in time is reported", () => {
    board.detach(imageSensor);
    imageSensor = board.attach(
      new ImageSensorPart({ capture: () => Uint8Array.of(0xff, 0xd8), frameRate: 0.01 }),
    );
    createDevice();
    fake.client.connect();
    motion();
    clock.advance(5_000);
    expect(log()).toEqual([{ level: "error", code: 420, message: "no picture: no frame within 5000 ms" }]);
  });

  it("a hundred times over two frame buffers never stalls the camera", () => {
    createDevice();
    fake.client.connect();
    for (let visit = 0; visit < 100; visit += 1) {
      motion();
      fake.client.streams[visit]?.complete();
    }
    expect(fake.client.streams).toHaveLength(100);
  });
});

describe("a security camera's close", () => {
  it("keeps a picture that is being sent until the connection is closed", () => {
    const device = createDevice();
    fake.client.connect();
    motion();
    fake.client.unsentAtFlush = undefined;
    let closed = false;
    device.close(() => {
      closed = true;
    });
    expect(imageSensor.statistics.unclosed).toBe(1);
    fake.client.flushed(0);
    expect(imageSensor.statistics.unclosed).toBe(0);
    expect(closed).toBe(true);
    expect(board.openInstances).toBe(0);
  });

  it("gives the picture back once, when it is sent in the meantime", () => {
    const device = createDevice();
    fake.client.connect();
    motion();
    fake.client.unsentAtFlush = undefined;
    device.close();
    fake.client.streams[0]?.complete();
    expect(imageSensor.statistics.unclosed).toBe(0);
    fake.client.flushed(0);
    expect(imageSensor.statistics.misused).toBe(0);
  });

  it("stops watching at once", () => {
    const device = createDevice();
    fake.client.connect();
    fake.client.unsentAtFlush = undefined;
    device.close();
    motion();
    expect(fake.client.payloads(TOPIC)).toEqual([]);
    fake.client.flushed(0);
    expect(fake.client.payloads("home/security-camera/status")).toEqual(["online", "offline"]);
  });
});
