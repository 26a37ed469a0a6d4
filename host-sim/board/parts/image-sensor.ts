import type { ImageRequest, ImageSensor, ImageStatistics, Part, PartConnections } from "../part";

export interface ImageSensorPartOptions {
  /** Takes a picture: returns a complete JPEG file of the asked size. Called once a frame that finds a frame buffer. */
  readonly capture: (request: ImageRequest) => Uint8Array;
  /** Frames a second while started; default 10. */
  readonly frameRate?: number;
  /** Frame buffers; default 2. */
  readonly frameBuffers?: number;
  /** Default "OV2640", which is what the XIAO ESP32S3 Sense carries. */
  readonly model?: string;
}

/** A camera module with a JPEG encoder, on the camera connector of the board. */
export class ImageSensorPart implements Part, ImageSensor {
  readonly model: string;
  readonly frameRate: number;
  readonly frameBuffers: number;
  readonly statistics: ImageStatistics = {
    captured: 0,
    dropped: 0,
    delivered: 0,
    unclosed: 0,
    misused: 0,
  };
  readonly #capture: (request: ImageRequest) => Uint8Array;
  #connections: PartConnections | undefined;

  constructor(options: ImageSensorPartOptions) {
    const { capture, frameRate = 10, frameBuffers = 2, model = "OV2640" } = options;
    if (!(frameRate > 0)) throw new RangeError(`frame rate ${frameRate} is not above 0`);
    if (!(frameBuffers >= 1)) throw new RangeError(`${frameBuffers} frame buffers are not 1 or more`);
    this.#capture = capture;
    this.frameRate = frameRate;
    this.frameBuffers = frameBuffers;
    this.model = model;
  }

  connect(connections: PartConnections): void {
    this.#connections = connections;
    connections.setImageSensor(this);
    this.powerCycle();
  }

  disconnect(): void {
    this.#connections?.setImageSensor(undefined);
    this.#connections = undefined;
  }

  powerCycle(): void {
    for (const name of Object.keys(this.statistics) as (keyof ImageStatistics)[]) this.statistics[name] = 0;
  }

  capture(request: ImageRequest): Uint8Array {
    return this.#capture(request);
  }
}
