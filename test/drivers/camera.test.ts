import type ImageIn from "embedded:io/image/in/camera";
import type { CameraOptions as ImageInOptions } from "embedded:io/image/in/camera";
import Timer from "timer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import Camera, { type CameraOptions } from "../../device/drivers/camera/camera";
import { Board } from "../../host-sim/board/board";
import { ImageSensorPart } from "../../host-sim/board/parts/image-sensor";
import { clock } from "../support/timer";

let board: Board;
let part: ImageSensorPart;
let cameras: Camera[];
let frames: Uint8Array[];
let errors: string[];

beforeEach(() => {
  board = new Board({ clock });
  part = board.attach(
    new ImageSensorPart({ capture: ({ sequence }) => Uint8Array.of(0xff, 0xd8, sequence, 0xff, 0xd9) }),
  );
  cameras = [];
  frames = [];
  errors = [];
});

afterEach(() => {
  for (const camera of cameras) camera.close();
  expect(part.statistics.unclosed).toBe(0);
  expect(part.statistics.misused).toBe(0);
  expect(board.openInstances).toBe(0);
  expect(clock.pending).toBe(0);
});

function createCamera(options: Partial<CameraOptions> = {}, io: unknown = board.Camera): Camera {
  const camera = new Camera({
    camera: { io: io as typeof ImageIn, width: 320, height: 240 },
    timer: Timer,
    onFrame(frame) {
      frames.push(new Uint8Array(frame).slice());
      this.release();
    },
    onError(error) {
      errors.push(error.message);
    },
    ...options,
  });
  cameras.push(camera);
  return camera;
}

/** A camera whose every step the test decides. */
class FakeImageIn {
  static last: FakeImageIn;
  readonly target: unknown;
  readonly #onReadable: ImageInOptions["onReadable"];
  readonly calls: string[] = [];
  next: (() => unknown) | undefined;

  constructor(options: ImageInOptions) {
    this.target = options.target;
    this.#onReadable = options.onReadable;
    FakeImageIn.last = this;
  }
  start(): void {
    this.calls.push("start");
  }
  stop(): void {
    this.calls.push("stop");
  }
  close(): void {
    this.calls.push("close");
  }
  read(): unknown {
    const { next } = this;
    this.next = undefined;
    return next?.();
  }
  readable(next?: () => unknown): void {
    this.next = next;
    this.#onReadable?.call(this as unknown as ImageIn, 0);
  }
}

function fakeFrame(byteLength: number): ArrayBuffer & { closed: number; close(): void } {
  return Object.assign(new ArrayBuffer(byteLength), {
    closed: 0,
    close(this: { closed: number }): void {
      this.closed += 1;
    },
  });
}

describe("Camera capture", () => {
  it("delivers one frame for one capture, then rests", () => {
    const camera = createCamera();
    expect(camera.capture()).toBe(true);
    clock.advance(5_000);
    expect(frames).toHaveLength(1);
    expect([...frames[0]!.subarray(0, 2)]).toEqual([0xff, 0xd8]);
    expect(camera.busy).toBe(false);
    expect(part.statistics.dropped).toBe(0);
  });

  it("delivers a frame taken after the capture, not one that lay in a buffer", () => {
    const camera = createCamera();
    clock.advance(60_000);
    camera.capture();
    clock.advance(1_000);
    expect(frames[0]![2]).toBe(2); // the first was taken at the start, before capture()
  });

  it("takes a hundred pictures with two buffers and never stalls", () => {
    const camera = createCamera();
    for (let picture = 1; picture <= 100; picture += 1) {
      expect(camera.capture()).toBe(true);
      clock.advance(1_000);
      expect(frames).toHaveLength(picture);
    }
    expect(new Set(frames.map((frame) => frame[2])).size).toBe(100);
  });

  it("refuses a second capture until the first frame is released", () => {
    const camera = createCamera({ onFrame: (frame) => frames.push(new Uint8Array(frame)) });
    expect(camera.capture()).toBe(true);
    expect(camera.capture()).toBe(false);
    clock.advance(1_000);
    expect(camera.busy).toBe(true);
    expect(camera.capture()).toBe(false);
    camera.release();
    expect(camera.capture()).toBe(true);
    clock.advance(1_000);
    expect(frames).toHaveLength(2);
  });

  it("lends the frame as long as it is not released, however many follow it", () => {
    const camera = createCamera({ onFrame: (frame) => frames.push(new Uint8Array(frame)) });
    camera.capture();
    clock.advance(10_000);
    expect(frames).toHaveLength(1);
    expect([...frames[0]!.subarray(0, 2)]).toEqual([0xff, 0xd8]);
    expect(part.statistics.unclosed).toBe(1);
    camera.release();
    expect(part.statistics.unclosed).toBe(0);
  });

  it("asks the camera for JPEG in disposable buffers of the given size", () => {
    let options: ImageInOptions | undefined;
    class Recorder extends FakeImageIn {
      constructor(given: ImageInOptions) {
        super(given);
        options = given;
      }
    }
    createCamera({}, Recorder);
    expect(options).toMatchObject({
      width: 320,
      height: 240,
      imageType: "jpeg",
      format: "buffer/disposable",
    });
  });
});

describe("Camera frame is closed exactly once", () => {
  function captureFake(options: Partial<CameraOptions> = {}): { camera: Camera; io: FakeImageIn } {
    const camera = createCamera(options, FakeImageIn);
    camera.capture();
    return { camera, io: FakeImageIn.last };
  }

  it("after release, and a second release changes nothing", () => {
    const { camera, io } = captureFake({ onFrame: () => {} });
    const frame = fakeFrame(4);
    io.readable(() => frame);
    expect(frame.closed).toBe(0);
    camera.release();
    camera.release();
    expect(frame.closed).toBe(1);
    expect(io.calls).toEqual(["start", "stop"]);
  });

  it("when onFrame throws, which goes on to the caller", () => {
    const { camera, io } = captureFake({
      onFrame() {
        throw new Error("no memory");
      },
    });
    const frame = fakeFrame(4);
    expect(() => io.readable(() => frame)).toThrow("no memory");
    expect(frame.closed).toBe(1);
    expect(camera.busy).toBe(false);
  });

  it("when onFrame releases it and then throws", () => {
    const { io } = captureFake({
      onFrame() {
        this.release();
        throw new Error("too late");
      },
    });
    const frame = fakeFrame(4);
    expect(() => io.readable(() => frame)).toThrow("too late");
    expect(frame.closed).toBe(1);
  });

  it("when the camera is closed while it is lent, before the camera itself", () => {
    const { camera, io } = captureFake({ onFrame: () => {} });
    const frame = fakeFrame(4);
    io.readable(() => frame);
    camera.close();
    camera.close();
    camera.release();
    expect(frame.closed).toBe(1);
    expect(io.calls).toEqual(["start", "stop", "close"]);
  });

  it("when the camera is closed inside onFrame", () => {
    const { io } = captureFake({
      onFrame() {
        this.close();
      },
    });
    const frame = fakeFrame(4);
    io.readable(() => frame);
    expect(frame.closed).toBe(1);
    expect(io.calls).toEqual(["start", "stop", "close"]);
  });

  it("when it is empty, and the next frame is waited for", () => {
    const { camera, io } = captureFake();
    const empty = fakeFrame(0);
    io.readable(() => empty);
    expect(empty.closed).toBe(1);
    expect(camera.busy).toBe(true);
    const frame = fakeFrame(4);
    io.readable(() => frame);
    expect(frame.closed).toBe(1);
    expect(frames).toHaveLength(1);
  });

  it("when giving it back fails: the error goes on, and the next capture works", () => {
    const { camera, io } = captureFake({ onFrame: () => {} });
    let closed = 0;
    const frame = Object.assign(new ArrayBuffer(4), {
      close(): void {
        closed += 1;
        throw new Error("unknown buffer");
      },
    });
    io.readable(() => frame);
    expect(() => camera.release()).toThrow("unknown buffer");
    camera.release();
    expect(closed).toBe(1);
    expect(camera.capture()).toBe(true);
  });
});

describe("Camera failure", () => {
  it("reports that no frame came in time, and tries again when asked", () => {
    const camera = createCamera({ timeout: 3_000 }, FakeImageIn);
    camera.capture();
    clock.advance(2_999);
    expect(errors).toEqual([]);
    clock.advance(1);
    expect(errors).toEqual(["no frame within 3000 ms"]);
    expect(FakeImageIn.last.calls).toEqual(["start", "stop"]);
    expect(camera.capture()).toBe(true);
  });

  it("reports what read() throws", () => {
    const camera = createCamera({}, FakeImageIn);
    camera.capture();
    FakeImageIn.last.readable(() => {
      throw new Error("camera gone");
    });
    expect(errors).toEqual(["camera gone"]);
    expect(camera.busy).toBe(false);
    clock.advance(60_000);
    expect(errors).toHaveLength(1);
  });

  it("waits on when there is nothing to read after all", () => {
    const camera = createCamera({}, FakeImageIn);
    camera.capture();
    FakeImageIn.last.readable(() => undefined);
    expect(camera.busy).toBe(true);
  });

  it("reads nothing that was not asked for", () => {
    createCamera({}, FakeImageIn);
    FakeImageIn.last.readable(() => {
      throw new Error("read");
    });
    expect(errors).toEqual([]);
  });

  it("throws from capture() what the camera throws when it starts, and can be asked again", () => {
    class Broken extends FakeImageIn {
      override start(): void {
        throw new Error("start failed");
      }
    }
    const camera = createCamera({}, Broken);
    expect(() => camera.capture()).toThrow("start failed");
    expect(camera.busy).toBe(false);
    expect(() => camera.capture()).toThrow("start failed");
  });

  it("works without onError", () => {
    const camera = new Camera({
      camera: { io: FakeImageIn as unknown as typeof ImageIn, width: 1, height: 1 },
      timer: Timer,
      onFrame() {},
    });
    camera.capture();
    clock.advance(5_000);
    expect(camera.busy).toBe(false);
    camera.close();
    expect(camera.capture()).toBe(false);
  });

  it("calls nothing after close", () => {
    const camera = createCamera();
    camera.capture();
    camera.close();
    clock.advance(60_000);
    expect(frames).toEqual([]);
    expect(errors).toEqual([]);
  });

  it("refuses a timeout that is not above 0 before it takes the camera", () => {
    expect(() => createCamera({ timeout: 0 })).toThrow(new RangeError("timeout 0 ms is not above 0"));
    expect(board.openInstances).toBe(0);
  });
});
