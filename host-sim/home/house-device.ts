import type { Board } from "../board/board";
import type { Clock } from "../clock/clock";
import { DeviceProcess } from "../device-process";
import type { DeviceException } from "../embedded/device-exception";
import { NetworkInterface } from "../network/network-interface";
import type { Network } from "../network/wire";
import type { BoardAssembly } from "./boards";
import type { BrokerAddress } from "./broker-address";
import type { DeliveryLedger } from "./delivery-ledger";
import type { HouseEvent } from "./house-event";
import type { DeviceView } from "./live-table";
import { seededRandom } from "./random";
import { type ObservedPacket, WireObserver } from "./wire-observer";

/** Also the Client Identifier, and the middle of the device's status and log topics. */
export type DeviceId = "temperature-sensor" | "smart-light" | "security-camera";

const FIRMWARE: Readonly<Record<DeviceId, "thermometer" | "light" | "camera">> = Object.freeze({
  "temperature-sensor": "thermometer",
  "smart-light": "light",
  "security-camera": "camera",
});

export const DEVICE_IDS: readonly DeviceId[] = Object.freeze(Object.keys(FIRMWARE) as DeviceId[]);

/** An event before it has its time. */
export type Happening = HouseEvent extends infer Event
  ? Event extends unknown
    ? Omit<Event, "time">
    : never
  : never;

export interface HouseDeviceOptions {
  readonly id: DeviceId;
  readonly assembly: BoardAssembly;
  readonly clock: Clock;
  /** Everything behind the device's antenna. */
  readonly network: Network;
  readonly broker: BrokerAddress;
  /** Time between two readings, ms. */
  readonly interval: number;
  readonly seed: number;
  readonly ledger: DeliveryLedger;
  onEvent(event: Happening): void;
  onPacket(observed: ObservedPacket): void;
}

/** A device may report the same trouble every second for weeks. */
const KEPT_ERRORS = 100;

/** One device of the house: its board, its network interface, the process that runs its firmware, and who watches it. */
export class HouseDevice {
  readonly id: DeviceId;
  readonly board: Board;
  readonly networkInterface: NetworkInterface;
  readonly observer: WireObserver;
  /** The last 100. */
  readonly errors: string[] = [];
  readonly #options: HouseDeviceOptions;
  readonly #process: DeviceProcess;
  #stopping = false;
  #failed = false;

  constructor(options: HouseDeviceOptions) {
    const { id, assembly, clock, network, seed } = options;
    this.#options = options;
    this.id = id;
    this.board = assembly.board;
    this.networkInterface = new NetworkInterface({
      clock,
      network,
      random: seededRandom(seed, `${id} network`),
    });
    this.observer = this.#createObserver();
    this.observer.attach(this.networkInterface);
    this.#process = new DeviceProcess({
      firmware: FIRMWARE[id],
      board: assembly.board,
      network: this.networkInterface,
      clock,
      config: configuration(options),
      random: seededRandom(seed, `${id} firmware`),
      onTrace: (text) => this.#trace(text),
      onException: (error) => this.#exception(error),
    });
  }

  /** Starts the firmware. */
  start(): Promise<void> {
    return this.#process.start();
  }

  /** Lets the firmware publish `offline` and disconnect, then ends it. */
  async stop(): Promise<void> {
    this.#stopping = true;
    if (!this.#failed) await this.#process.stop();
    this.networkInterface.close();
  }

  view(): DeviceView {
    const { published, last, reconnects } = this.observer;
    const topics = [...last.values()].map(({ topic, payload, QoS }) => ({
      topic,
      payload,
      QoS,
      messages: published.get(topic) ?? 0,
    }));
    return { id: this.id, value: this.#options.assembly.value(), state: this.#state(), reconnects, topics };
  }

  #state(): DeviceView["state"] {
    if (this.#failed) return "stopped";
    if (this.networkInterface.isCut) return "network cut";
    return this.observer.connected ? "" : "offline";
  }

  #createObserver(): WireObserver {
    const { id: device, ledger, onEvent, onPacket } = this.#options;
    return new WireObserver({
      device,
      onPublication: (publication) => {
        ledger.published(publication);
        const { topic, payload, QoS, retain } = publication;
        onEvent({ event: "published", device, topic, payload, QoS, retain });
        if (topic === `home/${device}/log`) this.#logged(payload);
      },
      onAcknowledged: (publication) => ledger.acknowledged(publication),
      onConnected: (count) => onEvent({ event: "connected", device, reconnects: count - 1 }),
      onDisconnected: (reason) => {
        if (!this.#stopping) onEvent({ event: "disconnected", device, reason });
      },
      onPacket,
      onProblem: (text) => this.#error(text),
    });
  }

  #trace(text: string): void {
    const prefix = `${this.id}: `;
    for (const line of text.split("\n")) {
      if (line.trim() === "") continue;
      // The event names the device already.
      const said = line.startsWith(prefix) ? line.slice(prefix.length) : line;
      this.#options.onEvent({ event: "trace", device: this.id, text: said });
    }
  }

  /** What a device says on its log topic is known already; errors among it belong into the report. */
  #logged(payload: Uint8Array): void {
    const text = Buffer.from(payload).toString();
    try {
      const { level, code, message } = JSON.parse(text) as Record<string, unknown>;
      if (level === "error") this.#keep(`${code}: ${message}`);
    } catch {
      this.#error(`log entry is not JSON: ${text}`);
    }
  }

  /** On the board the machine ends here; so does the process. */
  #exception(exception: DeviceException): void {
    this.#failed = true;
    this.#error(exception.message);
  }

  #error(text: string): void {
    this.#keep(text);
    this.#options.onEvent({ event: "error", device: this.id, text });
  }

  #keep(error: string): void {
    this.errors.push(error);
    if (this.errors.length > KEPT_ERRORS) this.errors.shift();
  }
}

/** What `mcconfig` would build into the firmware. */
function configuration({ id, broker, interval }: HouseDeviceOptions): Record<string, string | number> {
  return {
    id,
    broker: broker.host,
    port: broker.port,
    interval,
    ...(broker.user === undefined ? {} : { user: broker.user }),
    ...(broker.password === undefined ? {} : { password: broker.password }),
  };
}
