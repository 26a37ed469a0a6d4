// Runs bench.ts, or that of a folder given first (`run.mjs http`), in a Node that can collect garbage on demand, and whose young
// generation has from the start the 16 MB to which it otherwise grows, so that bytes allocated can be counted between two collections.
import { runBundled } from "../support/run-bundled.mjs";

const [first = "", ...rest] = process.argv.slice(2);
const hasFolder = first !== "" && !first.startsWith("-");
await runBundled(hasFolder ? `test/bench/${first}/bench.ts` : "test/bench/bench.ts", {
  parameters: hasFolder ? rest : process.argv.slice(2),
  nodeOptions: ["--expose-gc", "--min-semi-space-size=16"],
  alias: { timer: "test/bench/client/timer.ts" },
});
