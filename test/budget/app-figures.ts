import type { BoardDescription } from "../../host-sim/board/board-description";
import { esp32Thing, xiaoESP32S3Sense } from "../../host-sim/board/board-description";
import { ImageSensorPart } from "../../host-sim/board/parts/image-sensor";
import { LampPart } from "../../host-sim/board/parts/lamp";
import { PIRPart } from "../../host-sim/board/parts/pir";
import { PushButtonPart } from "../../host-sim/board/parts/push-button";
import { TMP117Part } from "../../host-sim/board/parts/tmp117";
import { type Firmware, loadFirmware } from "../../host-sim/firmware";
import { createFirmwareBench, type FirmwareBench } from "../apps/firmware-bench";
import type { Figures } from "./client-figures";
import { arenaOf } from "./firmware";
import { smallest } from "./smallest";

export const APPS = ["thermometer", "light", "camera"] as const;
export type App = (typeof APPS)[number];

/** The scenario of one app: its parts, and some minutes of its life. */
interface Life {
  readonly description: BoardDescription;
  /** Attaches the parts. @returns what happens in each of the ROUNDS */
  furnish(bench: FirmwareBench): (round: number) => void;
}

const ROUNDS = 24;
/** ms */
const ROUND = 2_000;
const PICTURE = new Uint8Array(8_000).map((_, index) => index * 31);

const LIVES: Readonly<Record<App, Life>> = {
  thermometer: {
    description: esp32Thing,
    furnish({ board }) {
      let temperature = 20;
      board.attach(new TMP117Part({ temperature: () => temperature }));
      return (round) => {
        temperature = 20 + (round % 7) / 2;
      };
    },
  },
  light: {
    description: esp32Thing,
    furnish({ board, broker }) {
      board.attach(new LampPart({ pin: 25 }));
      const button = board.attach(new PushButtonPart({ pin: 0 }));
      return (round) => {
        if (round % 3 === 0) button.press();
        else if (round % 3 === 1) broker.publish("home/light/set", `{"state":"ON","brightness":${round}}`);
        else broker.publish("home/light/set", '{"state":"ON","brightness":');
      };
    },
  },
  camera: {
    description: xiaoESP32S3Sense,
    furnish({ board }) {
      const pir = board.attach(new PIRPart({ pin: 2, holdTime: 500 }));
      board.attach(new ImageSensorPart({ capture: () => PICTURE }));
      return () => pir.motion();
    },
  },
};

/** `app.light.arena`: the smallest arena of stack, slots and chunks in which the app lives, in steps of 128 bytes. */
export async function appFigures(app: App): Promise<Figures> {
  const firmware = await loadFirmware(app);
  let arena = 131_072;
  // One firmware to the engine, which links it once.
  const sized: Firmware = Object.create(firmware, {
    creation: { get: () => arenaOf(arena, firmware.creation?.stack) },
  });
  const known = new Map<number, boolean>();
  const survives = async (byteLength: number): Promise<void> => {
    arena = byteLength;
    known.set(byteLength, await live(app, sized));
  };
  // `smallest` asks for one size after the other; each answer takes a turn of the event loop.
  for (;;)
    try {
      return { [`app.${app}.arena`]: smallest(1_024, 65_536, 128, (size) => answerOf(known, size)) };
    } catch (question) {
      if (!(question instanceof Unknown)) throw question;
      await survives(question.size);
    }
}

class Unknown extends Error {
  readonly size: number;

  constructor(size: number) {
    super(`${size} has not been tried`);
    this.size = size;
  }
}

function answerOf(known: ReadonlyMap<number, boolean>, size: number): boolean {
  const answer = known.get(size);
  if (answer === undefined) throw new Unknown(size);
  return answer;
}

/** @returns whether the board is alive at the end, and has published */
async function live(app: App, firmware: Firmware): Promise<boolean> {
  const { description, furnish } = LIVES[app];
  const bench = createFirmwareBench({
    firmware: app,
    description,
    config: { interval: ROUND },
    process: { firmware, engine: "xs" },
  });
  const happen = furnish(bench);
  await bench.device.start();
  bench.clock.advance(ROUND);
  for (let round = 0; round < ROUNDS && bench.exceptions.length === 0; round += 1) {
    happen(round);
    bench.clock.advance(ROUND);
  }
  const { state } = bench.device;
  bench.device.kill();
  return state === "running";
}
