import type { Instrument } from "./protocol";

/** One second of a machine. */
export interface Sample {
  /** Samples before it. A machine sends one a second of its own time, which stands still while it is stopped. */
  readonly second: number;
  /** In the order of the instruments. */
  readonly values: readonly number[];
}

/** More are thinned out: a picture has no more pixels, and a machine may run for days. */
const KEPT_SAMPLES = 4_096;

/** What a machine has told about its memory and work, once a second. */
export class Instrumentation {
  #instruments: readonly Instrument[] = [];
  #samples: Sample[] = [];
  /** In which seconds it stopped at exceptions. */
  readonly exceptions: number[] = [];
  #count = 0;

  get instruments(): readonly Instrument[] {
    return this.#instruments;
  }

  get samples(): readonly Sample[] {
    return this.#samples;
  }

  get last(): Sample | undefined {
    return this.#samples.at(-1);
  }

  describe(instruments: readonly Instrument[]): void {
    this.#instruments = instruments;
    this.#samples = [];
  }

  add(values: readonly number[]): void {
    this.#samples.push({ second: this.#count, values });
    this.#count += 1;
    if (this.#samples.length > KEPT_SAMPLES)
      this.#samples = this.#samples.filter((_, index, { length }) => index % 2 === 0 || index === length - 1);
  }

  markException(): void {
    this.exceptions.push(Math.max(0, this.#count - 1));
  }

  /** The values of one instrument over time; empty: this machine has no such instrument. */
  series(name: string): { readonly second: number; readonly value: number }[] {
    const index = this.#instruments.findIndex((instrument) => instrument.name === name);
    if (index < 0) return [];
    return this.#samples.map(({ second, values }) => ({ second, value: values[index] ?? 0 }));
  }

  /** The last sample by names. */
  latest(): Record<string, number> {
    const values = this.last?.values ?? [];
    return Object.fromEntries(this.#instruments.map(({ name }, index) => [name, values[index] ?? 0]));
  }

  /** The instruments for people: `Chunk used`, `4960 / 65504 bytes`, and the most that was seen. */
  rows(): { readonly name: string; readonly now: string; readonly peak: string }[] {
    return this.#instruments.flatMap(({ name, unit }, index) => {
      if (this.#instruments[index - 1]?.unit === SLASH) return [];
      const value = this.last?.values[index] ?? 0;
      const peak = this.#samples.reduce((most, { values }) => Math.max(most, values[index] ?? 0), 0);
      const limit = unit === SLASH ? `${SLASH}${this.last?.values[index + 1] ?? 0}` : "";
      const realUnit = unit === SLASH ? (this.#instruments[index + 1]?.unit ?? "") : unit;
      return [{ name, now: `${value}${limit}${realUnit}`, peak: String(peak) }];
    });
  }
}

const SLASH = " / ";
