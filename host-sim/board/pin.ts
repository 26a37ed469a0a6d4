/** An electrical level; `undefined` where nothing drives the line. */
export type Level = 0 | 1;

/** What the chip does with a pin. */
export type PinMode = "disabled" | "input" | "output" | "open-drain" | "pwm";

export interface PinDrive {
  readonly mode: PinMode;
  /** Pull resistor of the chip, for inputs. */
  readonly pull?: "up" | "down";
  /** Share of the time in which the chip drives the line high, 0 to 1: 0 or 1 for a digital output. */
  readonly duty?: number;
  /** Frequency, where the mode is "pwm". */
  readonly hz?: number;
}

type Watcher = (pin: Pin) => void;

const DISABLED: PinDrive = Object.freeze({ mode: "disabled" });

/** One line between the chip and the parts around it: who drives it, and what level results. */
export class Pin {
  /** GPIO number. */
  readonly number: number;
  #drive: PinDrive = DISABLED;
  readonly #parts = new Map<object, Level>();
  readonly #watchers = new Set<Watcher>();

  constructor(number: number) {
    this.number = number;
  }

  get mode(): PinMode {
    return this.#drive.mode;
  }

  /** Frequency of the chip's PWM in Hz; 0 without PWM. */
  get hz(): number {
    return this.#drive.hz ?? 0;
  }

  /** Share of the time in which the line is high, 0 to 1; a floating line counts as low. */
  get duty(): number {
    if (this.#drive.mode === "pwm") return this.#drive.duty ?? 0;
    return this.level ?? 0;
  }

  /** The resulting level; `undefined` when the line floats. A PWM line counts as high where its duty is not 0. */
  get level(): Level | undefined {
    const { mode, pull, duty = 0 } = this.#drive;
    if (mode === "output" || mode === "pwm") return duty > 0 ? 1 : 0;
    if (mode === "open-drain" && duty === 0) return 0;
    const parts = this.#partLevel();
    if (parts !== undefined) return parts;
    if (pull) return pull === "up" ? 1 : 0;
    return undefined;
  }

  /** Used by the IO classes: what the chip does with the pin from now on. */
  configure(drive: PinDrive): void {
    this.#drive = drive;
    this.#changed();
  }

  /**
   * Used by parts: drives the line from outside the chip.
   * @param part - who drives it; each part drives by itself, and low wins
   * @param level - `undefined` lets go of the line
   */
  drive(part: object, level: Level | undefined): void {
    if (level === undefined) this.#parts.delete(part);
    else this.#parts.set(part, level);
    this.#changed();
  }

  /** Calls `watcher` after every change of drive or level, at once. Returns the function that ends it. */
  watch(watcher: Watcher): () => void {
    this.#watchers.add(watcher);
    return () => {
      this.#watchers.delete(watcher);
    };
  }

  /** As at power-on: the chip lets go of the pin; parts stay connected. */
  reset(): void {
    this.configure(DISABLED);
  }

  #partLevel(): Level | undefined {
    let result: Level | undefined;
    for (const level of this.#parts.values()) if (result !== 0) result = level;
    return result;
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher(this);
  }
}
