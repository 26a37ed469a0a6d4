import type { ScheduledCallback } from "../clock/clock";
import { checkFormat, type IOContext, optionalCallback, toInteger } from "./io-context";
import type { ImageSensor } from "./part";
import { bytesOf, closedError, copyToRealm, detachBuffer, makeError, type Realm } from "./realm";

/** A frame in the camera's own memory: it must be closed, or the camera runs out of frame buffers. */
export interface DisposableBuffer extends ArrayBuffer {
  /** Gives the frame buffer back and detaches this one; closed already, it does nothing. */
  close(): void;
}

type CameraFormat = "buffer" | "buffer/disposable";

export interface CameraOptions {
  /** Pixels; the sensor takes the next frame size that it knows. Default 240 by 176. */
  width?: number | undefined;
  height?: number | undefined;
  /** "jpeg"; the bitmap formats of Commodetto are not simulated. */
  imageType?: string | number | undefined;
  /** Default "buffer": `read` copies. */
  format?: CameraFormat | undefined;
  /** Called once a frame while started. As on the ESP32 `byteLength` is always 0: ask the frame. */
  onReadable?: ((this: Camera, byteLength: number) => void) | null | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: ECMA-419 lets the owner keep whatever it likes here
  target?: any;
}

/** ECMA-419 3rd edition, Image Input. */
export interface Camera {
  // biome-ignore lint/suspicious/noExplicitAny: as in the options
  target?: any;
  format: string;
  readonly imageType: "jpeg";
  /** Pixels of the frames, which need not be those asked for. */
  readonly width: number;
  readonly height: number;
  readonly identification: { model: string };
  readonly configuration: Record<string, number>;
  configure(options: Record<string, number>): void;
  start(): void;
  /** Takes back every frame, also those that the firmware still holds. */
  stop(): void;
  /** The oldest frame; `undefined` without one. With format "buffer" and a buffer it fills that and returns a count. */
  read(): DisposableBuffer | undefined;
  read(buffer: ArrayBufferLike | ArrayBufferView): number | undefined;
  close(): void;
}

export interface CameraConstructor {
  new (options: CameraOptions): Camera;
}

/** Frame sizes of the sensor in pixels, by width, then by height. */
const FRAME_SIZES: readonly (readonly [width: number, height: number])[] = [
  [96, 96],
  [128, 128],
  [160, 120],
  [176, 144],
  [240, 176],
  [240, 240],
  [320, 240],
  [320, 320],
  [400, 296],
  [480, 320],
  [640, 480],
  [800, 600],
  [1024, 768],
  [1280, 720],
  [1280, 1024],
  [1600, 1200],
];

const FORMATS: readonly CameraFormat[] = ["buffer", "buffer/disposable"];
const CONFIGURATION = ["brightness", "contrast", "saturation", "whiteBalance"];

interface Frame {
  readonly sequence: number;
  readonly bytes: Uint8Array;
  /** Set while the firmware holds the frame. */
  buffer: DisposableBuffer | undefined;
}

/** `embedded:io/image/in/camera` of one board. There is one sensor, so there can be one open instance. */
export function createCamera(context: IOContext): CameraConstructor {
  let opened = false;

  class Camera {
    // biome-ignore lint/suspicious/noExplicitAny: ECMA-419 lets the owner keep whatever it likes here
    declare target?: any;
    #stream: FrameStream | undefined;
    #format: CameraFormat;
    readonly #configuration: Record<string, number> = {};

    constructor(options: CameraOptions) {
      this.#format = checkFormat(context, options.format, FORMATS);
      checkImageType(context, options.imageType);
      const onReadable = optionalCallback(
        context,
        options.onReadable as ((this: Camera, byteLength: number) => void) | undefined,
      );
      if ("target" in options) this.target = options.target;
      const [width, height] = frameSize(context, options);
      const sensor = context.imageSensor;
      if (!sensor || opened) throw makeError(context.realm, "Error", "camera init failed");
      opened = true;
      for (const name of CONFIGURATION) this.#configuration[name] = 0;
      context.journal.record({ device: "camera", operation: "open" });
      this.#stream = new FrameStream(context, sensor, width, height, () => onReadable?.call(this, 0));
      context.instances.add(this);
    }

    get format(): string {
      return this.#format;
    }

    set format(value: string) {
      this.#open();
      if (!FORMATS.includes(value as CameraFormat))
        throw makeError(context.realm, "RangeError", "invalid format");
      this.#format = value as CameraFormat;
    }

    get imageType(): "jpeg" {
      return "jpeg";
    }

    get width(): number {
      return this.#open().width;
    }

    get height(): number {
      return this.#open().height;
    }

    get identification(): { model: string } {
      return { model: this.#open().sensor.model };
    }

    get configuration(): Record<string, number> {
      this.#open();
      return { ...this.#configuration };
    }

    configure(options: Record<string, number>): void {
      this.#open();
      for (const name of CONFIGURATION)
        if (name in options) this.#configuration[name] = toInteger(options[name]);
    }

    start(): void {
      this.#open().start();
    }

    stop(): void {
      this.#open().stop();
    }

    read(): DisposableBuffer | undefined;
    read(buffer: ArrayBufferLike | ArrayBufferView): number | undefined;
    read(buffer?: ArrayBufferLike | ArrayBufferView): DisposableBuffer | number | undefined {
      const stream = this.#open();
      if (this.#format === "buffer/disposable") return stream.lend();
      return stream.copy(buffer);
    }

    close(): void {
      const stream = this.#stream;
      if (!stream) return;
      this.#stream = undefined;
      opened = false;
      context.instances.delete(this);
      stream.close();
    }

    #open(): FrameStream {
      if (!this.#stream) throw closedError(context.realm);
      return this.#stream;
    }
  }

  Object.freeze(Object.freeze(Camera).prototype);
  return Camera as CameraConstructor;
}

function checkImageType(context: IOContext, imageType: unknown): void {
  if (imageType === "jpeg") return;
  if (typeof imageType === "string") throw makeError(context.realm, "RangeError", "unknown imageType");
  throw makeError(context.realm, "Error", "unsupported pixel format");
}

/** The first size that is wide enough; of two with that width, the one that is also high enough. */
function frameSize(context: IOContext, options: CameraOptions): readonly [number, number] {
  const width = "width" in options ? toInteger(options.width) : 240;
  const height = "height" in options ? toInteger(options.height) : 176;
  const at = FRAME_SIZES.findIndex(([each]) => each >= width);
  const size = FRAME_SIZES[at];
  if (!size) throw makeError(context.realm, "Error", "unsupported dimensions");
  const next = FRAME_SIZES[at + 1];
  return size[1] < height && next && next[0] === size[0] ? next : size;
}

/** The frame buffers between the sensor, which fills them at its frame rate, and the firmware, which empties them. */
class FrameStream {
  readonly sensor: ImageSensor;
  readonly width: number;
  readonly height: number;
  readonly #context: IOContext;
  readonly #onFrame: () => void;
  readonly #frames: Frame[] = [];
  readonly #posts = new Set<ScheduledCallback>();
  readonly #Buffer: FrameBufferConstructor;
  #next: ScheduledCallback | undefined;
  #running = false;
  #sequence = 0;

  constructor(context: IOContext, sensor: ImageSensor, width: number, height: number, onFrame: () => void) {
    this.#context = context;
    this.sensor = sensor;
    this.width = width;
    this.height = height;
    this.#onFrame = onFrame;
    this.#Buffer = createFrameBuffer(context.realm, (buffer) => this.#takeBack(buffer));
    // The ESP32 takes a first frame to learn the frame size, and it is the first that `read` returns.
    this.#capture();
  }

  start(): void {
    if (this.#running) return;
    this.#running = true;
    this.#context.journal.record({ device: "camera", operation: "start" });
    this.#scheduleNext();
  }

  stop(): void {
    this.#context.journal.record({ device: "camera", operation: "stop" });
    this.#halt();
  }

  close(): void {
    this.#halt();
    this.#context.journal.record({ device: "camera", operation: "close" });
  }

  /** The oldest frame as a buffer that the firmware must close. */
  lend(): DisposableBuffer | undefined {
    const frame = this.#oldest();
    if (!frame) return undefined;
    const buffer = new this.#Buffer(frame.bytes.byteLength);
    new Uint8Array(buffer).set(frame.bytes);
    frame.buffer = buffer;
    this.sensor.statistics.unclosed += 1;
    this.#delivered(frame);
    return buffer;
  }

  /** A copy of the oldest frame, whose frame buffer is free at once. */
  copy(into: ArrayBufferLike | ArrayBufferView | undefined): DisposableBuffer | number | undefined {
    const frame = this.#oldest();
    if (!frame) return undefined;
    const { realm } = this.#context;
    const { byteLength } = frame.bytes;
    const target = into === undefined ? undefined : bytesOf(realm, into);
    if (target && target.byteLength < byteLength) throw makeError(realm, "RangeError", "buffer too small");
    this.#forget(frame);
    this.#delivered(frame);
    if (!target) return copyToRealm(realm, frame.bytes) as DisposableBuffer;
    target.set(frame.bytes);
    return byteLength;
  }

  #oldest(): Frame | undefined {
    return this.#frames.find((frame) => frame.buffer === undefined);
  }

  #delivered(frame: Frame): void {
    this.sensor.statistics.delivered += 1;
    const value = frame.bytes.byteLength;
    this.#context.journal.record({ device: "camera", operation: "read", value });
  }

  #scheduleNext(): void {
    this.#next = this.#context.clock.schedule(() => {
      this.#scheduleNext();
      if (!this.#capture()) return;
      const post = this.#context.post(() => {
        this.#posts.delete(post);
        this.#onFrame();
      });
      this.#posts.add(post);
    }, 1000 / this.sensor.frameRate);
  }

  /** Returns false when every frame buffer is taken: the frame is lost. */
  #capture(): boolean {
    const { sensor } = this;
    this.#sequence += 1;
    if (this.#frames.length >= sensor.frameBuffers) {
      sensor.statistics.dropped += 1;
      this.#context.journal.record({ device: "camera", operation: "drop" });
      return false;
    }
    const time = this.#context.clock.now();
    const request = { width: this.width, height: this.height, sequence: this.#sequence, time };
    const bytes = sensor.capture(request);
    this.#frames.push({ sequence: this.#sequence, bytes, buffer: undefined });
    sensor.statistics.captured += 1;
    this.#context.journal.record({ device: "camera", operation: "frame", value: bytes.byteLength });
    return true;
  }

  /** `close()` of a frame. */
  #takeBack(buffer: DisposableBuffer): void {
    const { statistics } = this.sensor;
    const frame = this.#frames.find((each) => each.buffer === buffer);
    if (!frame) {
      statistics.misused += 1;
      return;
    }
    statistics.unclosed -= 1;
    this.#forget(frame);
    detachBuffer(this.#context.realm, buffer);
  }

  #forget(frame: Frame): void {
    this.#frames.splice(this.#frames.indexOf(frame), 1);
  }

  #halt(): void {
    this.#running = false;
    const { clock, realm } = this.#context;
    clock.cancel(this.#next);
    for (const post of this.#posts) clock.cancel(post);
    this.#posts.clear();
    for (const { buffer } of this.#frames) {
      if (!buffer) continue;
      this.sensor.statistics.unclosed -= 1;
      this.sensor.statistics.misused += 1;
      detachBuffer(realm, buffer);
    }
    this.#frames.length = 0;
  }
}

type FrameBufferConstructor = new (byteLength: number) => DisposableBuffer;

/** A subclass of the realm's ArrayBuffer, so that the firmware's `Uint8Array` can look into it. */
function createFrameBuffer(
  realm: Realm,
  takeBack: (buffer: DisposableBuffer) => void,
): FrameBufferConstructor {
  return class extends realm.ArrayBuffer {
    /** `slice` copies into an ordinary buffer that nobody has to close. */
    static override get [Symbol.species](): ArrayBufferConstructor {
      return realm.ArrayBuffer;
    }

    close(): void {
      takeBack(this);
    }
  };
}
