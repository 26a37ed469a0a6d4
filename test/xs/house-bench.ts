import type { Board } from "../../host-sim/board/board";
import { Board as SimulatedBoard } from "../../host-sim/board/board";
import { esp32Thing, xiaoESP32S3Sense } from "../../host-sim/board/board-description";
import { ImageSensorPart } from "../../host-sim/board/parts/image-sensor";
import { LampPart } from "../../host-sim/board/parts/lamp";
import { PIRPart } from "../../host-sim/board/parts/pir";
import { PushButtonPart } from "../../host-sim/board/parts/push-button";
import { TMP117Part } from "../../host-sim/board/parts/tmp117";
import { createRandom } from "../../host-sim/board/random";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { DeviceProcess, type EngineName } from "../../host-sim/device-process";
import type { DeviceException } from "../../host-sim/embedded/device-exception";
import { Link } from "../../host-sim/network/link";
import { NetworkInterface } from "../../host-sim/network/network-interface";
import { PeerBroker } from "../apps/firmware-bench";

export type FirmwareName = "thermometer" | "light" | "camera";

export interface BenchDevice {
  readonly name: FirmwareName;
  readonly device: DeviceProcess;
  readonly board: Board;
  readonly network: NetworkInterface;
  /** A broker of its own: what it has received, and when, in ms. */
  readonly broker: TimedBroker;
  readonly exceptions: DeviceException[];
  /** Somebody comes by, presses the button. */
  act(): void;
}

export class TimedBroker extends PeerBroker {
  readonly writes: { readonly time: number; readonly bytes: string }[] = [];
}

export interface HouseBench {
  readonly clock: VirtualClock;
  readonly thermometer: BenchDevice;
  readonly light: BenchDevice;
  readonly camera: BenchDevice;
  readonly devices: readonly BenchDevice[];
  start(): Promise<void>;
  stop(): Promise<void>;
}

const PICTURE: Uint8Array = new Uint8Array(9_000).map((_, index) => index * 31);

/** The three firmwares on their boards, on one virtual clock and one network in memory. */
export function createHouseBench(engine: EngineName): HouseBench {
  const clock = new VirtualClock();
  const link = new Link({ clock, latency: 2 });
  link.addHost("broker.test", "192.168.4.1");

  function create(name: FirmwareName, port: number, solder: (board: Board) => () => void): BenchDevice {
    const description = name === "camera" ? xiaoESP32S3Sense : esp32Thing;
    const board = new SimulatedBoard({ clock, description, random: createRandom(port) });
    const broker = new TimedBroker();
    link.listen(port, (peer) => broker.accept(peer));
    const network = new NetworkInterface({ clock, network: link });
    network.onWrite = (bytes) =>
      broker.writes.push({ time: clock.now(), bytes: Buffer.from(bytes).toString("hex") });
    const exceptions: DeviceException[] = [];
    const device = new DeviceProcess({
      firmware: name,
      board,
      network,
      clock,
      engine,
      config: { broker: "broker.test", port, interval: 1_000 },
      random: createRandom(3),
      restartDelay: 1_000,
      onException: (exception) => exceptions.push(exception),
    });
    return { name, device, board, network, broker, exceptions, act: solder(board) };
  }

  const thermometer = create("thermometer", 1881, (board) => {
    board.attach(new TMP117Part({ temperature: () => 21.5 + clock.now() / 10_000 }));
    return () => {};
  });
  const light = create("light", 1882, (board) => {
    board.attach(new LampPart({ pin: 25 }));
    const button = board.attach(new PushButtonPart({ pin: 0 }));
    return () => button.press();
  });
  const camera = create("camera", 1883, (board) => {
    const pir = board.attach(new PIRPart({ pin: 2, holdTime: 500 }));
    board.attach(new ImageSensorPart({ capture: () => PICTURE }));
    return () => pir.motion();
  });
  const devices = [thermometer, light, camera];
  return {
    clock,
    thermometer,
    light,
    camera,
    devices,
    start: async () => {
      for (const { device } of devices) await device.start();
    },
    stop: async () => {
      const stopped = Promise.all(devices.map(({ device }) => device.stop()));
      await clock.advanceAsync(6_000);
      await stopped;
    },
  };
}
