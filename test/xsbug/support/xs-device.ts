import { mkdir, readFile, rm } from "node:fs/promises";
import { pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";
import { ROOT, Running } from "../../support/thimble";

/** Below the repository, so that packages are found; left out by its .gitignore. */
const PROGRAM = `${ROOT}node_modules/.cache/thimble-xsbug/device-${process.pid}.mjs`;

/** What a module finds beside itself it finds there when it is bundled too. */
const ownURL: Plugin = {
  name: "own URL",
  setup({ onLoad }) {
    onLoad({ filter: /\/(?:host-sim|test)\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, "utf8");
      return {
        loader: "ts",
        contents: text.replaceAll("import.meta.url", JSON.stringify(pathToFileURL(path).href)),
      };
    });
  },
};

/** Bundles device.ts as it is now. */
export async function buildDevice(): Promise<void> {
  await mkdir(`${ROOT}node_modules/.cache/thimble-xsbug`, { recursive: true });
  await build({
    ...{ absWorkingDir: ROOT, entryPoints: ["test/xsbug/support/device.ts"], outfile: PROGRAM },
    ...{ bundle: true, platform: "node", target: "node20.19", format: "esm", packages: "external" },
    plugins: [ownURL],
  });
}

export async function removeDevice(): Promise<void> {
  await rm(PROGRAM, { force: true });
}

export type Scenario = "measure" | "caught" | "uncaught" | "fill";

/** An XS machine with a Temperature Sensor, which connects to the debugger at `port`. */
export function startDevice(
  port: number,
  scenario: Scenario,
  name: string = "kitchen",
  seconds: number = 5,
): Running {
  return new Running(process.execPath, [PROGRAM, String(port), name, scenario, String(seconds)]);
}
