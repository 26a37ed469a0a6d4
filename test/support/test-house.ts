import { House, type HouseOptions } from "../../host-sim/home/house/house";
import type { HouseEvent } from "../../host-sim/home/house/house-event";
import type { Report } from "../../host-sim/home/house/report";
import type { ScenarioAction } from "../../host-sim/home/house/scenario";

/** An event with whichever members it has; payloads as text. */
export type AnyEvent = Readonly<Record<string, unknown>> & { readonly event: HouseEvent["event"] };

/** A house in this process, whose events a test can wait for. */
export class TestHouse {
  readonly house: House;
  readonly events: AnyEvent[] = [];
  readonly #waiting = new Set<() => void>();

  constructor(options: Partial<HouseOptions>) {
    this.house = new House({
      interval: 200,
      seed: 1,
      visitor: false,
      ...options,
      onEvent: (event) => {
        const { payload } = event as { payload?: Uint8Array };
        this.events.push(
          (payload ? { ...event, payload: Buffer.from(payload).toString() } : event) as AnyEvent,
        );
        for (const check of [...this.#waiting]) check();
      },
    });
  }

  /** How many events have these members. */
  count(members: Partial<AnyEvent>): number {
    return this.matching(members).length;
  }

  matching(members: Partial<AnyEvent>): AnyEvent[] {
    return this.events.filter((event) =>
      Object.entries(members).every(([name, value]) => event[name] === value),
    );
  }

  /** Resolves when `count` events have these members, those of the past included. */
  async until(members: Partial<AnyEvent>, count = 1): Promise<void> {
    while (this.count(members) < count)
      await new Promise<void>((resolve) => {
        const check = (): void => {
          this.#waiting.delete(check);
          resolve();
        };
        this.#waiting.add(check);
      });
  }

  perform(step: ScenarioAction): void {
    this.house.perform({ time: 0, line: 0, ...step });
  }

  async stop(): Promise<Report> {
    await this.house.stop();
    return this.house.report();
  }
}
