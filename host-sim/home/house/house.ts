import { randomBytes } from "node:crypto";
import type { Board } from "../../board/board";
import type { ScheduledCallback } from "../../clock/clock";
import { RealClock } from "../../clock/real-clock";
import { type EngineName, prepareEngine } from "../../device-process";
import { NodeNetwork } from "../../network/node-wire";
import { EmbeddedBroker } from "../broker/broker";
import { type BrokerAddress, formatBrokerAddress } from "../broker/broker-address";
import type { Household } from "../household/household";
import { DeliveryLedger } from "../observer/delivery-ledger";
import { type ReceivedMessage, Watcher } from "../observer/watcher";
import type { ObservedPacket } from "../observer/wire-observer";
import { Room } from "../room/room";
import { Visitor } from "../room/visitor";
import type { SocketAddress } from "../socket-address";
import { type BoardAssembly, cameraBoard, lightBoard, temperatureBoard } from "./boards";
import { DEVICE_IDS, type DeviceId, type Happening, HouseDevice } from "./house-device";
import type { HouseEvent } from "./house-event";
import type { HouseView } from "./live-table";
import { seededRandom } from "./random";
import { createReport, type Report } from "./report";
import { describeStep, type ScenarioStep } from "./scenario";

export interface HouseOptions {
  /** Default: the house brings its own. */
  readonly broker?: BrokerAddress | undefined;
  /**
   * Locks the doors: the embedded broker lets only its members in, and to a broker of `mqtts` devices and subscriber prove that they are
   * members. Default: no locks.
   */
  readonly household?: Household | undefined;
  /** Of the embedded broker; 0 takes a free one. Default 1883, or that of the household. */
  readonly port?: number | undefined;
  /** Of the embedded broker; see `EmbeddedBrokerOptions`. */
  readonly webSocketPort?: number | undefined;
  /** Of the embedded broker, with a household; see `EmbeddedBrokerOptions`. */
  readonly passwordPort?: number | undefined;
  /** Time between two temperature readings, ms. */
  readonly interval: number;
  /** 0 to 4,294,967,295 */
  readonly seed: number;
  readonly scenario?: readonly ScenarioStep[] | undefined;
  /** What runs the firmware; default `node`. */
  readonly engine?: EngineName | undefined;
  /** An xsbug that the machines connect to; only with engine `xs`. While one is stopped, the house stands still. */
  readonly xsbug?: SocketAddress | undefined;
  /** Whether somebody comes by. Default true, unless the scenario has motion or the button: then it plays that part. */
  readonly visitor?: boolean | undefined;
  readonly onEvent?: ((event: HouseEvent) => void) | undefined;
  /** Every packet that a device writes. */
  readonly onPacket?: ((device: DeviceId, observed: ObservedPacket) => void) | undefined;
}

/** What is added to a house before its devices start. */
export interface HouseAdditions {
  /** Address of its app. */
  readonly app?: string | undefined;
}

/** Where the running house can be reached. */
export interface HouseAddresses {
  readonly broker: BrokerAddress;
  /** Of the embedded broker only. */
  readonly webSocketURL: string | undefined;
}

/** How long the end of a house waits for messages that are acknowledged and still on their way to the subscriber, ms. */
const STRAGGLER_TIMEOUT = 2_000;

/**
 * One house: a room, a visitor, three devices on their boards, a broker (its own or another), and an independent
 * subscriber whose messages are held against what the devices put on the wire. Runs once.
 */
export class House {
  readonly room: Room;
  readonly #options: HouseOptions;
  readonly #clock = new RealClock();
  readonly #ledger = new DeliveryLedger();
  readonly #visitor: Visitor;
  readonly #camera: ReturnType<typeof cameraBoard>;
  readonly #light: ReturnType<typeof lightBoard>;
  readonly #assemblies: Readonly<Record<DeviceId, BoardAssembly>>;
  readonly #devices: HouseDevice[] = [];
  #embedded: EmbeddedBroker | undefined;
  #watcher: Watcher | undefined;
  #broker = "";
  #started = 0;
  #report: Report | undefined;
  readonly #steps: ScheduledCallback[] = [];

  constructor(options: HouseOptions) {
    this.#options = options;
    const clock = this.#clock;
    const { seed } = options;
    this.room = new Room({ clock });
    this.#visitor = new Visitor({
      clock,
      random: seededRandom(seed, "visitor"),
      onMotion: () => this.#moved(),
      onButton: () => this.#light.pressButton(),
    });
    const room = this.room;
    this.#light = lightBoard({ clock, seed, room });
    this.#camera = cameraBoard({ clock, seed, room, visitorPosition: () => this.#visitor.position });
    this.#assemblies = {
      "temperature-sensor": temperatureBoard({ clock, seed, room }),
      "smart-light": this.#light,
      "security-camera": this.#camera,
    };
  }

  /**
   * Starts the broker (if it is to be embedded), the subscriber, and then the devices.
   * @param onReady - called when messages can flow; the first device starts when it has returned
   * @throws {UsageError} for a busy port or an unreachable broker
   */
  async start(onReady?: (addresses: HouseAddresses) => undefined | Promise<HouseAdditions>): Promise<void> {
    await prepareEngine(this.#options.engine ?? "node");
    const broker = await this.#startBroker();
    this.#broker = formatBrokerAddress(broker);
    this.#watcher = new Watcher({
      broker,
      credentials: this.#options.household?.credentialsOf("watcher"),
      id: `thimble-watcher-${randomBytes(3).toString("hex")}`,
      onMessage: (message) => this.#received(message),
      onDisconnected: () => this.#happened({ event: "watcher", connected: false }),
      onReconnected: () => this.#happened({ event: "watcher", connected: true }),
    });
    await this.#watcher.start();
    const webSocketURL = this.#options.household ? undefined : this.#embedded?.webSocketURL;
    const { app } = (await onReady?.({ broker, webSocketURL })) ?? {};
    this.#started = this.#clock.now();
    this.#happened({
      event: "started",
      broker: this.#broker,
      ...(webSocketURL === undefined ? {} : { webSocket: webSocketURL }),
      ...(app === undefined ? {} : { app }),
      devices: DEVICE_IDS,
    });
    await this.#startDevices(broker);
    this.#startLife();
  }

  /**
   * Ends the house cleanly: the devices publish `offline`, the last messages reach the subscriber, nothing is left.
   * Also after a failed `start()`.
   */
  async stop(): Promise<void> {
    this.#visitor.stop();
    for (const step of this.#steps) this.#clock.cancel(step);
    const durationMs = this.#clock.now() - this.#started;
    await Promise.all(this.#devices.map((device) => device.stop()));
    await this.#ledger.settled(STRAGGLER_TIMEOUT);
    if (this.#watcher && this.#devices.length > 0) this.#conclude(this.#watcher, durationMs);
    await this.#watcher?.stop();
    await this.#embedded?.stop();
    this.#clock.close();
  }

  /** What has happened, once the house has ended. */
  report(): Report {
    if (!this.#report) throw new Error("the house has not ended");
    return this.#report;
  }

  /** The house at this moment. */
  view(): Omit<HouseView, "events"> {
    const { temperature, lampOutput } = this.room;
    return {
      time: this.#clock.now() - this.#started,
      broker: this.#broker,
      room: `room ${temperature.toFixed(1)} °C, lamp ${(lampOutput * 100).toFixed(0)} %`,
      devices: this.#devices.map((device) => device.view()),
      received: this.#receivedCount(),
      missing: this.#ledger.lost.length,
    };
  }

  /** A device's board, with the journal of its pins and buses. */
  board(id: DeviceId): Board {
    return this.#assemblies[id].board;
  }

  /** A device of the running house. */
  device(id: DeviceId): HouseDevice {
    const device = this.#devices.find((candidate) => candidate.id === id);
    if (!device) throw new Error(`the house has not started, so there is no ${id}`);
    return device;
  }

  /** Does now what a step of a scenario says. */
  perform(step: ScenarioStep): void {
    this.#happened({ event: "step", text: describeStep(step) });
    switch (step.action) {
      case "temperature":
        this.room.setTemperature(step.celsius, { hold: true });
        break;
      case "motion":
        this.#camera.motion();
        break;
      case "button":
        this.#light.pressButton();
        break;
      case "cut":
        this.device(step.device as DeviceId).networkInterface.cut();
        break;
      case "restore":
        this.device(step.device as DeviceId).networkInterface.restore();
        break;
      case "crash":
        this.device(step.device as DeviceId).provoke(step.fault);
        break;
    }
  }

  async #startBroker(): Promise<BrokerAddress> {
    const { broker, household, port, webSocketPort, passwordPort } = this.#options;
    if (broker) return broker;
    this.#embedded = new EmbeddedBroker({ port, webSocketPort, passwordPort, household });
    await this.#embedded.start();
    return this.#embedded.address;
  }

  async #startDevices(broker: BrokerAddress): Promise<void> {
    const { interval, seed, household, engine = "node", xsbug } = this.#options;
    const network = new NodeNetwork();
    for (const id of DEVICE_IDS) {
      const device = new HouseDevice({
        id,
        assembly: this.#assemblies[id],
        clock: this.#clock,
        network,
        broker,
        resources: household?.boardFiles(id),
        interval,
        seed,
        ledger: this.#ledger,
        engine,
        xsbug,
        onEvent: (event) => this.#happened(event),
        onPacket: (observed) => this.#options.onPacket?.(id, observed),
      });
      this.#devices.push(device);
    }
    await Promise.all(this.#devices.map((device) => device.start()));
  }

  /** The scenario's times count from here, as the visitor's do. */
  #startLife(): void {
    const { scenario = [] } = this.#options;
    for (const step of scenario) this.#steps.push(this.#clock.schedule(() => this.perform(step), step.time));
    const isPlayed = scenario.some(({ action }) => action === "motion" || action === "button");
    if (this.#options.visitor ?? !isPlayed) this.#visitor.start();
  }

  #moved(): void {
    if (this.#visitor.position === 0) this.#happened({ event: "visitor", text: "comes in" });
    this.#camera.motion();
  }

  #received(message: ReceivedMessage): boolean {
    const { topic, payload, QoS, retain } = message;
    const counts = this.#ledger.received(topic, payload, retain);
    if (counts) this.#happened({ event: "received", topic, payload, QoS, retain });
    return counts;
  }

  #conclude(watcher: Watcher, durationMs: number): void {
    for (const { device, topic, payload, QoS, retain } of this.#ledger.lost)
      this.#happened({ event: "lost", device, topic, payload, QoS, retain });
    this.#report = createReport({
      broker: this.#broker,
      durationMs,
      devices: this.#devices,
      watcher,
      ledger: this.#ledger,
    });
    this.#happened({ event: "stopped", received: this.#receivedCount(), lost: this.#report.lost });
  }

  #receivedCount(): number {
    let count = 0;
    for (const messages of this.#watcher?.received.values() ?? []) count += messages;
    return count;
  }

  #happened(event: Happening): void {
    this.#options.onEvent?.({ time: this.#clock.now() - this.#started, ...event } as HouseEvent);
  }
}
