import { Board } from "../../board/board";
import { esp32Thing, xiaoESP32S3Sense } from "../../board/board-description";
import { ImageSensorPart } from "../../board/parts/image-sensor";
import { LampPart } from "../../board/parts/lamp";
import { PIRPart } from "../../board/parts/pir";
import { PushButtonPart } from "../../board/parts/push-button";
import { TMP117Part } from "../../board/parts/tmp117";
import type { Clock } from "../../clock/clock";
import { createPictureRenderer } from "../room/picture";
import type { Room } from "../room/room";
import { seededRandom } from "./random";

/** A board with its parts soldered on, as its firmware in `device/apps` expects them. */
export interface BoardAssembly {
  readonly board: Board;
  /** Its pin or sensor at this moment, for people. */
  value(): string;
}

export interface BoardOptions {
  readonly clock: Clock;
  readonly seed: number;
  readonly room: Room;
}

/** Standard deviation of a single TMP117 conversion, about 2 steps of its register (datasheet section 6.5, repeatability). */
const CONVERSION_NOISE = 0.015;

/** GPIO numbers of device/apps/light and device/apps/camera. */
const LAMP_PIN = 25;
const PIR_PIN = 2;

export function temperatureBoard({ clock, seed, room }: BoardOptions): BoardAssembly {
  const board = new Board({
    clock,
    description: esp32Thing,
    random: seededRandom(seed, "thermometer board"),
  });
  board.attach(new TMP117Part({ temperature: () => room.temperature, noise: CONVERSION_NOISE }));
  return { board, value: () => `TMP117 ${room.temperature.toFixed(2)} °C` };
}

export function lightBoard({ clock, seed, room }: BoardOptions): BoardAssembly & { pressButton(): void } {
  const board = new Board({ clock, description: esp32Thing, random: seededRandom(seed, "light board") });
  const lamp = board.attach(new LampPart({ pin: LAMP_PIN }));
  const button = board.attach(new PushButtonPart({ pin: esp32Thing.pin.button as number }));
  lamp.onChange = (output) => room.setLamp(output, lamp.watts);
  return {
    board,
    value: () => `PWM ${LAMP_PIN}: ${(lamp.output * 100).toFixed(1)} %`,
    pressButton: () => button.press(),
  };
}

export interface CameraBoardOptions extends BoardOptions {
  /** Where the visitor is in the picture, 0 to 1; `undefined` for an empty room. */
  visitorPosition(): number | undefined;
}

export function cameraBoard(options: CameraBoardOptions): BoardAssembly & { motion(): void } {
  const { clock, seed, room } = options;
  const random = seededRandom(seed, "camera board");
  const board = new Board({ clock, description: xiaoESP32S3Sense, random });
  const pir = board.attach(new PIRPart({ pin: PIR_PIN }));
  const scene = () => ({
    daylight: room.daylight,
    lamp: room.lampOutput,
    visitor: options.visitorPosition(),
    date: clock.date(),
  });
  board.attach(new ImageSensorPart({ capture: createPictureRenderer({ scene }) }));
  return {
    board,
    value: () => `PIR ${PIR_PIN}: ${pir.isHigh ? "motion" : "quiet"}`,
    motion: () => pir.motion(),
  };
}
