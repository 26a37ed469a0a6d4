import { Worker } from "node:worker_threads";
import { textOfCase } from "../case-text";
import type { FuzzProperty } from "../fuzz-property";
import type { Batch } from "./plan";
import { type BatchResult, caseAt, type Failure } from "./run-batch";

export interface TimedResult extends BatchResult {
  readonly milliseconds: number;
}

/** A run that takes longer hangs. ms */
const HANG = 30_000;
/** How often that is looked for, ms. */
const WATCH = 1000;

/** Workers that run batches, as many at a time as there are of them. */
export class Pool {
  readonly #script: URL;
  readonly #properties: readonly FuzzProperty[];
  readonly #counters: Int32Array[] = [];
  readonly #workers = new Set<Worker>();

  /** @param script - worker.ts, bundled */
  constructor(script: URL, properties: readonly FuzzProperty[]) {
    this.#script = script;
    this.#properties = properties;
  }

  /** Runs in the batches under way. */
  get running(): number {
    return this.#counters.reduce((sum, counter) => sum + Atomics.load(counter, 0), 0);
  }

  /**
   * Runs the batches until all are run or one fails.
   * @param onResult - called with the results as they come
   */
  async run(
    batches: readonly Batch[],
    workers: number,
    onResult: (batch: Batch, result: TimedResult) => void,
  ): Promise<void> {
    const queue = [...batches];
    let failed = false;
    const serve = async (): Promise<void> => {
      const counter = new Int32Array(new SharedArrayBuffer(4));
      const worker = new Worker(this.#script, { workerData: counter.buffer });
      this.#counters.push(counter);
      this.#workers.add(worker);
      while (!failed && queue.length > 0) {
        const batch = queue.shift()!;
        const result = await this.#runOne(worker, counter, batch);
        if (failed) break;
        failed = result.failure !== undefined;
        counter[0] = 0;
        onResult(batch, result);
      }
      if (failed) await this.#stop();
      else await worker.terminate();
    };
    await Promise.all(Array.from({ length: workers }, serve));
  }

  /** The first failure is enough: others may be far from done. */
  async #stop(): Promise<void> {
    await Promise.all([...this.#workers].map((worker) => worker.terminate()));
  }

  #runOne(worker: Worker, counter: Int32Array, batch: Batch): Promise<TimedResult> {
    return new Promise((resolve, reject) => {
      let seen = -1;
      let since = performance.now();
      const watch = setInterval(() => {
        const now = Atomics.load(counter, 0);
        if (now !== seen) {
          seen = now;
          since = performance.now();
        } else if (performance.now() - since > HANG) end(() => resolve(this.#hanging(batch, now)));
      }, WATCH);
      const end = (settle: () => void): void => {
        clearInterval(watch);
        for (const event of ["message", "error", "exit"]) worker.removeAllListeners(event);
        settle();
      };
      worker.once("message", (result: TimedResult) => end(() => resolve(result)));
      worker.once("error", (error) => end(() => reject(error)));
      // After another worker has failed.
      worker.once("exit", () => end(() => resolve(NOTHING)));
      worker.postMessage(batch);
    });
  }

  #hanging(batch: Batch, run: number): TimedResult {
    const property = this.#properties[batch.property]!;
    const failure: Failure = {
      property: property.name,
      seed: batch.seed,
      path: `${run - 1}`,
      error: `hangs: has not ended in ${HANG / 1000} s (not shrunk)`,
      text: textOfCase(caseAt(property, batch, run - 1)),
    };
    return { ...NOTHING, failure };
  }
}

const NOTHING: TimedResult = {
  outcomes: { read: 0, refused: 0, closed: 0 },
  failure: undefined,
  milliseconds: 0,
};
