import type { Board } from "../../board/board";
import type { Clock } from "../../clock/clock";
import { DeviceProcess, type EngineName } from "../../device-process";
import type { DeviceFault } from "../../embedded/device-engine";
import type { DeviceException } from "../../embedded/device-exception";
import type { Resources } from "../../embedded/resource";
import { NetworkInterface } from "../../network/network-interface";
import type { Network } from "../../network/wire";
import type { BrokerAddress } from "../broker/broker-address";
import type { DeliveryLedger } from "../observer/delivery-ledger";
import { type ObservedPacket, WireObserver } from "../observer/wire-observer";
import type { SocketAddress } from "../socket-address";
import type { BoardAssembly } from "./boards";
import type { HouseEvent } from "./house-event";
import type { DeviceView } from "./live-table";
import { seededRandom } from "./random";
import type { MachineReport } from "./report";

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
  /** What it proves itself with to a broker of `mqtts`: files of its flash. Default: TCP, without TLS. */
  readonly resources?: Resources | undefined;
  /** Time between two readings, ms. */
  readonly interval: number;
  readonly seed: number;
  readonly ledger: DeliveryLedger;
  readonly engine: EngineName;
  readonly xsbug?: SocketAddress | undefined;
  onEvent(event: Happening): void;
  onPacket(observed: ObservedPacket): void;
}

/** A device may report the same trouble every second for weeks. */
const KEPT_ERRORS = 100;

/** From a machine's death until the board has reset itself and runs its firmware again, ms. */
const RESTART_DELAY = 1_000;

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
  /** The begin of a line that the firmware has not ended yet. */
  #traced = "";
  /** Work until the broker first accepted the device. */
  #workToConnect = 0;
  #machineAtEnd: MachineReport | undefined;

  constructor(options: HouseDeviceOptions) {
    const { id, assembly, clock, network, seed, resources } = options;
    this.#options = options;
    this.id = id;
    this.board = assembly.board;
    this.networkInterface = new NetworkInterface({
      clock,
      network,
      random: seededRandom(seed, `${id} network`),
    });
    this.observer = this.#createObserver();
    if (resources) this.observer.attachPlaintext(this.networkInterface);
    else this.observer.attach(this.networkInterface);
    this.#process = new DeviceProcess({
      firmware: resources ? `${FIRMWARE[id]}-tls` : FIRMWARE[id],
      board: assembly.board,
      network: this.networkInterface,
      clock,
      config: configuration(options),
      // Certificates have dates: so boards without a battery ask for theirs first.
      ...(resources ? { resources, isDateKnown: false } : {}),
      random: seededRandom(seed, `${id} firmware`),
      engine: options.engine,
      ...(options.xsbug ? { xsbug: options.xsbug } : {}),
      restartDelay: RESTART_DELAY,
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
    this.#machineAtEnd = this.#machine({ live: true });
    await this.#process.stop();
    this.networkInterface.close();
  }

  /** Brings its machine to one of its limits. @throws {Error} in Node's engine */
  provoke(fault: DeviceFault): void {
    this.#process.provoke(fault);
  }

  /** What its machine has used; `undefined` in Node's engine. */
  get machine(): MachineReport | undefined {
    return this.#machineAtEnd ?? this.#machine();
  }

  view(): DeviceView {
    const { published, last, reconnects } = this.observer;
    // What a device says to Home Assistant at each connect would take as much room as all the rest.
    const topics = [...last.values()]
      .filter(({ topic }) => topic.startsWith("home/"))
      .map(({ topic, payload, QoS }) => ({ topic, payload, QoS, messages: published.get(topic) ?? 0 }));
    const value = this.#options.assembly.value();
    return { id: this.id, value, state: this.#state(), reconnects, topics, machine: this.machine };
  }

  #state(): DeviceView["state"] {
    if (this.#process.state === "failed") return "stopped";
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
      onConnected: (count) => {
        if (count === 1) this.#workToConnect = this.#process.usage()?.work ?? 0;
        onEvent({ event: "connected", device, reconnects: count - 1 });
      },
      onDisconnected: (reason) => {
        if (!this.#stopping) onEvent({ event: "disconnected", device, reason });
      },
      onPacket,
      onProblem: (text) => this.#error(text),
    });
  }

  #machine(options: { readonly live?: boolean } = {}): MachineReport | undefined {
    const usage = this.#process.usage(options);
    if (!usage) return undefined;
    let messages = 0;
    for (const count of this.observer.published.values()) messages += count;
    const workPerMessage = messages > 0 ? Math.round((usage.work - this.#workToConnect) / messages) : 0;
    return { ...usage, workPerMessage, restarts: this.#process.restarts };
  }

  /** XS traces each parameter by itself. */
  #trace(text: string): void {
    const prefix = `${this.id}: `;
    const lines = (this.#traced + text).split("\n");
    this.#traced = lines.pop() ?? "";
    for (const line of lines) {
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

  #exception(exception: DeviceException): void {
    this.#traced = "";
    this.#keep(exception.message);
    const text = `${exception.message}; the board restarts`;
    this.#options.onEvent({ event: "error", device: this.id, text });
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
    // The desktop's own clock stands for a time server.
    sntp: "localhost",
    ...(broker.user === undefined ? {} : { user: broker.user }),
    ...(broker.password === undefined ? {} : { password: broker.password }),
  };
}
