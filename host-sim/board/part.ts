import type { Clock } from "../clock/clock";
import type { I2CBus } from "./i2c-bus";
import type { Journal } from "./journal";
import type { Pin } from "./pin";
import type { Random } from "./random";

/** What a part finds on the board it is soldered to. */
export interface PartConnections {
  readonly clock: Clock;
  readonly random: Random;
  readonly journal: Journal;
  /** @throws {RangeError} if the board has no such pin */
  pin(number: number): Pin;
  /** The bus on these pins; the board's default bus without them. */
  i2c(pins?: { readonly data: number; readonly clock: number }): I2CBus;
  /** Plugs an image sensor into the camera connector, or `undefined` to unplug it. */
  setImageSensor(sensor: ImageSensor | undefined): void;
}

/** Anything around the chip: a sensor, a button, a lamp. */
export interface Part {
  /** Called by `Board.attach`: takes its pins or its bus address and powers up. */
  connect(connections: PartConnections): void;
  /** Called by `Board.detach`: lets go of them, and of every pending callback of the clock. */
  disconnect(): void;
  /** Called by `Board.reset`: the supply went away and came back. */
  powerCycle?(): void;
}

/** A picture that the image sensor is asked to take. */
export interface ImageRequest {
  /** Pixels. */
  readonly width: number;
  readonly height: number;
  /** 1 for the first frame since power-up. */
  readonly sequence: number;
  /** Milliseconds of the board's clock. */
  readonly time: number;
}

/** The part behind `embedded:io/image/in/camera`. */
export interface ImageSensor {
  readonly model: string;
  /** Frames a second while started. */
  readonly frameRate: number;
  /** Frame buffers in the board's memory. */
  readonly frameBuffers: number;
  readonly statistics: ImageStatistics;
  /** A complete JPEG file. */
  capture(request: ImageRequest): Uint8Array;
}

/** Counters since power-up. Firmware that handles frames properly has `unclosed` 0 when idle, `misused` 0 always. */
export interface ImageStatistics {
  /** Frames put into a frame buffer. */
  captured: number;
  /** Frames lost because every frame buffer was taken. */
  dropped: number;
  /** Frames that the firmware read. */
  delivered: number;
  /** Disposable frames that the firmware holds now. */
  unclosed: number;
  /** `close()` of a frame closed before, and frames still held when the camera was stopped or closed. */
  misused: number;
}
