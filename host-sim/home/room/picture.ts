import jpeg from "jpeg-js";
import type { ImageRequest } from "../../board/part";
import { Canvas, type Color } from "./canvas";

/** What the camera sees. */
export interface Scene {
  /** Daylight in the window, 0 to 1. */
  readonly daylight: number;
  /** Luminous output of the lamp, 0 to 1. */
  readonly lamp: number;
  /** Visitor, 0 (left) to 1 (right); `undefined` for an empty room. */
  readonly visitor: number | undefined;
  /** The clock on the wall, in ms since 1970. */
  readonly date: number;
}

export interface PictureOptions {
  /** Asked once a picture. */
  readonly scene: () => Scene;
  /** JPEG quality, 1 to 100; default 40, about 3 kB for a QQVGA picture. */
  readonly quality?: number;
}

const DEFAULT_QUALITY = 40;
const WALL: Color = [196, 186, 168];
const FLOOR: Color = [134, 96, 62];
const SKY: Color = [150, 200, 240];
const FRAME: Color = [80, 60, 45];
const GLOW: Color = [255, 236, 180];
const CLOTHES: Color = [40, 70, 140];
const SKIN: Color = [224, 172, 140];
const INK: Color = [240, 240, 240];
/** What is left of every colour in a dark room. */
const DARKNESS = 0.12;

/** A camera's eye: draws the room as it is at the moment and returns a JPEG file; no two pictures are the same. */
export function createPictureRenderer(options: PictureOptions): (request: ImageRequest) => Uint8Array {
  const { scene, quality = DEFAULT_QUALITY } = options;
  return ({ width, height, sequence }) => {
    const canvas = new Canvas(width, height);
    draw(canvas, scene(), sequence);
    const { data } = jpeg.encode({ data: canvas.data, width, height }, quality);
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  };
}

function draw(canvas: Canvas, scene: Scene, sequence: number): void {
  const { width, height } = canvas;
  // The eye is logarithmic and so is the camera's exposure: a dim lamp lights more than its share.
  const lamp = Math.max(0, scene.lamp) ** (1 / 2.2);
  const light = Math.min(1, DARKNESS + 0.6 * scene.daylight + 0.7 * lamp);
  const lit = (color: Color): Color => [color[0] * light, color[1] * light, color[2] * light];

  canvas.rectangle(0, 0, width, height, lit(WALL));
  canvas.rectangle(0, height * 0.75, width, height * 0.25, lit(FLOOR));
  drawWindow(canvas, scene.daylight, lit(FRAME));
  drawLamp(canvas, lamp, lit(FRAME));
  if (scene.visitor !== undefined) drawVisitor(canvas, scene.visitor, lit);
  drawCaption(canvas, scene.date, sequence);
}

function drawWindow(canvas: Canvas, daylight: number, frame: Color): void {
  const { width, height } = canvas;
  const sky = 0.08 + 0.92 * daylight;
  canvas.rectangle(width * 0.08, height * 0.14, width * 0.26, height * 0.36, frame);
  const pane: Color = [SKY[0] * sky, SKY[1] * sky, SKY[2] * sky];
  for (const left of [0.1, 0.22])
    canvas.rectangle(width * left, height * 0.17, width * 0.1, height * 0.3, pane);
}

function drawLamp(canvas: Canvas, lamp: number, frame: Color): void {
  const { width, height } = canvas;
  const x = width * 0.72;
  const y = height * 0.28;
  canvas.rectangle(x - 1, 0, 2, y, frame);
  canvas.disc(x, y, height * 0.42, GLOW, 0.7 * lamp, 0);
  canvas.disc(x, y, height * 0.07, GLOW, 0.25 + 0.75 * lamp);
}

function drawVisitor(canvas: Canvas, position: number, lit: (color: Color) => Color): void {
  const { width, height } = canvas;
  const x = width * (0.08 + 0.84 * position);
  canvas.rectangle(x - width * 0.04, height * 0.5, width * 0.08, height * 0.38, lit(CLOTHES));
  canvas.disc(x, height * 0.44, height * 0.07, lit(SKIN));
}

/** The time of the day at the left, the number of the frame at the right. */
function drawCaption(canvas: Canvas, date: number, sequence: number): void {
  const scale = Math.max(1, Math.floor(canvas.width / 120));
  const top = canvas.height - 7 * scale;
  canvas.rectangle(0, top - scale, canvas.width, 8 * scale, [0, 0, 0]);
  canvas.text(2 * scale, top, new Date(date).toISOString().slice(11, 19), scale, INK);
  const count = String(sequence % 100_000);
  canvas.text(canvas.width - (4 * count.length + 1) * scale, top, count, scale, INK);
}
