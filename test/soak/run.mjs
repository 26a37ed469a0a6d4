// Runs one of the long tests: `node test/soak/run.mjs alerts [options]`.
import { runBundled } from "../support/run-bundled.mjs";

const [name, ...parameters] = process.argv.slice(2);
await runBundled(`test/soak/${name}.ts`, { parameters });
