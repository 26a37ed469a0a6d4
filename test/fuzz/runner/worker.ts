import "../../support/xs-globals";
import { parentPort, workerData } from "node:worker_threads";
import { properties } from "../properties";
import type { Batch } from "./plan";
import { runBatch } from "./run-batch";

/** The first number counts the runs of the batch: a run that does not end can be told by it. */
const counter: Int32Array = new Int32Array(workerData as SharedArrayBuffer);

parentPort?.on("message", (batch: Batch) => {
  counter[0] = 0;
  const start = performance.now();
  const result = runBatch(properties[batch.property]!, batch, () => {
    counter[0]! += 1;
  });
  parentPort?.postMessage({ ...result, milliseconds: performance.now() - start });
});
