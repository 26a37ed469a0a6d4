import type { Clock, ScheduledCallback } from "../clock/clock";
import { type BoardDescription, esp32Thing } from "./board-description";
import { type CameraConstructor, createCamera } from "./camera";
import { createHostProvider, type HostProvider } from "./host-provider";
import { I2CBus } from "./i2c-bus";
import type { IOContext, OpenInstance } from "./io-context";
import { Journal } from "./journal";
import type { ImageSensor, Part, PartConnections } from "./part";
import { Pin } from "./pin";
import { createRandom, type Random } from "./random";
import { hostRealm, type Realm } from "./realm";

export interface BoardOptions {
  readonly clock: Clock;
  /** Default {@link esp32Thing}. */
  readonly description?: BoardDescription;
  /** Realm of the firmware; default the host's. It can be replaced before each start of a firmware. */
  readonly realm?: Realm;
  /** Noise: floating inputs, contact bounce. Default a generator with the seed 1. */
  readonly random?: Random;
  /** Receives what a callback of the firmware throws; default: it goes up through the clock. */
  readonly onException?: (error: unknown) => void;
  /** Entries that the journal keeps; default 10,000. */
  readonly journalCapacity?: number;
}

/**
 * A simulated board: an ECMA-419 Host Provider with real rules and a journal, and parts around it. Boards share
 * nothing: the IO classes are made anew for each.
 */
export class Board implements PartConnections {
  readonly clock: Clock;
  readonly description: BoardDescription;
  readonly random: Random;
  readonly journal: Journal;
  /** The default export of `embedded:provider/builtin`. */
  readonly provider: HostProvider;
  /** The default export of `embedded:io/image/in/camera`. */
  readonly Camera: CameraConstructor;
  realm: Realm;
  onException: (error: unknown) => void;

  readonly #pins = new Map<number, Pin>();
  readonly #buses = new Map<string, I2CBus>();
  readonly #instances = new Set<OpenInstance>();
  readonly #parts = new Set<Part>();
  #imageSensor: ImageSensor | undefined;

  constructor(options: BoardOptions) {
    this.clock = options.clock;
    this.description = options.description ?? esp32Thing;
    this.random = options.random ?? createRandom(1);
    this.realm = options.realm ?? hostRealm;
    this.onException = options.onException ?? rethrow;
    this.journal = new Journal(options.clock, options.journalCapacity);
    const context = this.#createContext();
    this.provider = createHostProvider(context);
    this.Camera = createCamera(context);
  }

  /** Solders a part to the board and powers it up. Returns the part. */
  attach<Attached extends Part>(part: Attached): Attached {
    if (this.#parts.has(part)) throw new Error("part is attached already");
    part.connect(this);
    this.#parts.add(part);
    return part;
  }

  /** Takes a part away: its address no longer answers, its pins float. */
  detach(part: Part): void {
    if (this.#parts.delete(part)) part.disconnect();
  }

  /** @throws {RangeError} if the board has no such pin */
  pin(number: number): Pin {
    if (!this.description.pins.has(number))
      throw new RangeError(`board ${this.description.name} has no pin ${number}`);
    let pin = this.#pins.get(number);
    if (!pin) {
      pin = new Pin(number);
      this.#pins.set(number, pin);
    }
    return pin;
  }

  i2c(pins: { readonly data: number; readonly clock: number } = this.description.i2c): I2CBus {
    const { data, clock } = pins;
    const key = `${data}/${clock}`;
    let bus = this.#buses.get(key);
    if (!bus) {
      bus = new I2CBus(data, clock);
      this.#buses.set(key, bus);
    }
    return bus;
  }

  setImageSensor(sensor: ImageSensor | undefined): void {
    if (sensor && this.#imageSensor) throw new Error("the camera connector is taken");
    this.#imageSensor = sensor;
  }

  /** IO instances that the firmware holds open. */
  get openInstances(): number {
    return this.#instances.size;
  }

  /** Power cycle: every IO instance is closed, every pin is let go, and the parts start again. */
  reset(): void {
    for (const instance of [...this.#instances]) instance.close();
    for (const pin of this.#pins.values()) pin.reset();
    this.journal.record({ device: "board", operation: "reset" });
    for (const part of this.#parts) part.powerCycle?.();
  }

  #createContext(): IOContext {
    const board = this;
    return {
      clock: this.clock,
      journal: this.journal,
      description: this.description,
      random: this.random,
      get realm() {
        return board.realm;
      },
      get imageSensor() {
        return board.#imageSensor;
      },
      instances: this.#instances,
      usedPins: new Set(),
      pin: (number) => this.pin(number),
      bus: (data, clock) => this.i2c({ data, clock }),
      post: (callback) => this.#post(callback),
    };
  }

  #post(callback: () => void): ScheduledCallback {
    return this.clock.schedule(() => {
      try {
        callback();
      } catch (error) {
        this.onException(error);
      }
    }, 0);
  }
}

function rethrow(error: unknown): void {
  throw error;
}
