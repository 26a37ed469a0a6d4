import { GCProfiler } from "node:v8";
import type { Subject } from "./interleave";
import { median } from "./statistics";

/** What a batch may take of the young generation, so that no collection comes between: run.mjs makes it 16 MB. */
const BATCH_BYTES = 4_000_000;
/** Longest duration of a batch, ms. */
const BATCH_TIME = 50;
const SAMPLES = 9;
const TRIAL = 64;

/**
 * Bytes that one operation allocates, after it has been compiled: the growth of V8's heap (`heapUsed`) and of the memory outside it
 * (`external`, where the contents of larger Buffers are; the pool that small ones are cut from counts when a new one is begun) over
 * a batch that begins after a full collection. A batch in which V8 collected garbage is not counted. What V8's optimizing compiler
 * never allocates because nobody keeps it is no allocation; the subjects keep what they return.
 * @returns median of 9 batches
 */
export function bytesPerOperation(subject: Subject): number {
  const start = performance.now();
  subject.run(TRIAL);
  const byTime = (TRIAL * BATCH_TIME) / (performance.now() - start);
  const bytes = Math.max(1, growth(subject, TRIAL) ?? 0) / TRIAL;
  let count = Math.max(1, Math.floor(Math.min(byTime, BATCH_BYTES / bytes)));
  const samples: number[] = [];
  for (let tries = 0; samples.length < SAMPLES; tries++) {
    if (tries > 10 * SAMPLES) throw new Error(`${subject.name}: V8 collects garbage all the time`);
    const grown = growth(subject, count);
    if (grown === undefined) count = Math.max(1, count >> 1);
    else samples.push(grown / count);
  }
  return Math.round(median(samples));
}

/** `undefined` when garbage was collected meanwhile. */
function growth(subject: Subject, count: number): number | undefined {
  const { gc } = globalThis as { gc?: () => void };
  if (!gc) throw new Error("start with test/bench/run.mjs: node --expose-gc");
  gc();
  const profiler = new GCProfiler();
  profiler.start();
  const before = process.memoryUsage();
  subject.run(count);
  const after = process.memoryUsage();
  const { statistics } = profiler.stop() as unknown as { statistics: readonly unknown[] };
  if (statistics.length > 0) return undefined;
  // memoryUsage itself allocates a little.
  const overhead = process.memoryUsage().heapUsed - after.heapUsed;
  return Math.max(0, after.heapUsed - before.heapUsed - overhead + after.external - before.external);
}
