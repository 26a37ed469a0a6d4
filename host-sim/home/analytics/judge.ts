import {
  describePayload,
  deviceOf,
  type Incident,
  type IncidentKind,
  parseTemperature,
  type Reading,
  type Refusal,
} from "./reading";
import { Redeliveries } from "./redelivery";
import type { StoredState } from "./store";
import { CLOCK_TOLERANCE, WallClock, type WallClockOptions } from "./wall-clock";

/** A PUBLISH as it came. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** Packet Identifier; null at QoS 0. */
  readonly packet: number | null;
  /** The DUP flag. */
  readonly duplicate: boolean;
}

/** What became of a message. */
export type Verdict =
  | { readonly reading: Reading; readonly newDevice?: { readonly id: number; readonly name: string } }
  | { readonly incident: Incident };

export interface JudgeOptions {
  /** Coldest temperature that is believed, °C; default -55, the least that a TMP117 can measure. */
  readonly minimum?: number | undefined;
  /** Hottest, °C; default 150, the most that a TMP117 can measure. */
  readonly maximum?: number | undefined;
  /** Devices in one file, 1 to 65,535; default 1,000. */
  readonly devices?: number | undefined;
  readonly clock?: Omit<WallClockOptions, "onJump" | "tolerance"> | undefined;
  /** The clock leapt. */
  onIncident?(incident: Incident): void;
}

export const MINIMUM = -55;
export const MAXIMUM = 150;
const DEVICES = 1_000;

/** Decides which messages are readings, of which device and at what time. Knows neither broker nor file. */
export class Judge {
  readonly #options: JudgeOptions;
  readonly #clock: WallClock;
  readonly #devices: Map<string, { readonly id: number; lastTime: bigint }>;
  #redeliveries: Redeliveries;
  #newest: bigint;
  /** Roll-ups are complete up to here, exclusive: nothing may come before. */
  #complete: bigint;

  constructor(state: StoredState, options: JudgeOptions = {}) {
    this.#options = options;
    this.#devices = new Map([...state.devices].map(([name, device]) => [name, { ...device }]));
    this.#redeliveries = new Redeliveries(state.deliveries);
    this.#newest = state.newest;
    this.#complete = state.newest;
    this.#clock = new WallClock({
      ...options.clock,
      onJump: (milliseconds) => this.#jumped(milliseconds),
    });
  }

  /** The newest time that a reading has been given, µs since 1970. */
  get newest(): bigint {
    return this.#newest;
  }

  /** Devices by name. */
  get devices(): ReadonlyMap<string, { readonly id: number; readonly lastTime: bigint }> {
    return this.#devices;
  }

  /** Looks at the clock; call it at least once a second. @returns µs since 1970, or undefined while the clock is in doubt */
  time(): bigint | undefined {
    const { now, believed } = this.#clock.observe();
    const time = BigInt(Math.round(now * 1_000));
    return believed && !this.#isBehind(time) ? time : undefined;
  }

  /** From now on no reading is before `until`, µs since 1970. */
  complete(until: bigint): void {
    if (until > this.#complete) this.#complete = until;
    if (until > this.#newest) this.#newest = until;
  }

  connected(sessionPresent: boolean): void {
    this.#redeliveries.connected(sessionPresent);
  }

  judge(message: Message): Verdict {
    const value = parseTemperature(message.payload);
    const device = deviceOf(message.topic);
    if (this.#isRedelivery(message, device, value)) return this.#incident("duplicate", message);
    if (device === undefined) return this.#incident("topic", message);
    if (value === undefined) return this.#incident("not a number", message);
    const { minimum = MINIMUM, maximum = MAXIMUM } = this.#options;
    if (value < minimum || value > maximum) return this.#incident("out of range", message);
    const now = this.time();
    if (now === undefined) return this.#incident("clock", message);
    return this.#reading(message, device, value, now);
  }

  #reading(message: Message, name: string, value: number, now: bigint): Verdict {
    const known = this.#devices.get(name);
    if (!known && this.#devices.size >= (this.#options.devices ?? DEVICES))
      return this.#incident("too many devices", message);
    const device = known ?? { id: this.#devices.size + 1, lastTime: 0n };
    this.#devices.set(name, device);
    const time = latest(now, device.lastTime + 1n, this.#complete);
    device.lastTime = time;
    if (time > this.#newest) this.#newest = time;
    const reading: Reading = { device: device.id, time, value, packet: message.packet };
    return known ? { reading } : { reading, newDevice: { id: device.id, name } };
  }

  #isRedelivery(message: Message, device: string | undefined, value: number | undefined): boolean {
    if (message.packet === null) return false;
    const content = value === undefined ? describePayload(message.payload) : String(value);
    const delivery = { packet: message.packet, source: device ?? message.topic, content };
    return this.#redeliveries.isRedelivery(delivery, message.duplicate);
  }

  /** Times that have been given are not given again; what is within the tolerance goes on after them. */
  #isBehind(time: bigint): boolean {
    return time < this.#newest - BigInt(CLOCK_TOLERANCE) * 1_000n;
  }

  #incident(kind: Refusal | "duplicate", message: Message): Verdict {
    const { topic, packet } = message;
    const value = parseTemperature(message.payload);
    const detail = value === undefined ? describePayload(message.payload) : String(value);
    return { incident: this.#describe(kind, topic, detail, packet) };
  }

  #jumped(milliseconds: number): void {
    const detail = `${milliseconds > 0 ? "+" : ""}${(milliseconds / 1_000).toFixed(1)} s`;
    this.#options.onIncident?.(this.#describe("clock jump", null, detail, null));
  }

  #describe(kind: IncidentKind, topic: string | null, detail: string, packet: number | null): Incident {
    const now = this.#options.clock?.now ?? Date.now;
    return { time: BigInt(Math.round(now() * 1_000)), kind, topic, detail, packet };
  }
}

function latest(...times: readonly bigint[]): bigint {
  return times.reduce((a, b) => (a > b ? a : b));
}
