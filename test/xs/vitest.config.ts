import { fileURLToPath } from "node:url";
import type { ViteUserConfig } from "vitest/config";
import { xsTests } from "../../host-sim/xs/vitest/plugin";
import { NODE_ONLY } from "./node-only";

const root: string = fileURLToPath(new URL("../..", import.meta.url)).replace(/\/$/, "");

/** The tests of device code once more, in XS. */
const config: ViteUserConfig = {
  root,
  plugins: [xsTests(root, NODE_ONLY)],
  test: {
    name: "xs",
    include: ["test/{mqtt,client,drivers,home}/**/*.test.ts"],
    exclude: NODE_ONLY.filter(({ name }) => name === "").map(({ file }) => file),
    globalSetup: ["test/xs/build-engine.ts"],
    // Each file has a machine of its own; the engine and the preloaded modules are shared.
    isolate: false,
    testTimeout: 60_000,
  },
};

export default config;
