import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { providedSpecifiers } from "../../host-sim/embedded/index";
import { loadFirmware } from "../../host-sim/firmware";
import { firmware } from "./firmware-fixture";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

describe("a firmware by name", () => {
  test.each(["thermometer", "light", "camera"])("%s is compiled from its manifest, once", async (name) => {
    const loaded = await loadFirmware(name);
    expect(loaded.modules.get(loaded.main)?.file).toBe(`device/apps/${name}/main.ts`);
    expect(loaded.platformSpecifiers?.has("timer")).toBe(true);
    expect(await loadFirmware(name)).toBe(loaded);
  });

  test("that does not exist is named", async () => {
    await expect(async () => loadFirmware("toaster")).rejects.toThrow("toaster");
  });
});

test("a module that does not compile is an error with its file and line", async () => {
  await expect(firmware({ main: "export default function () {\n  let = ;\n}" })).rejects.toThrow(
    /main\.ts:2:/,
  );
});

test("top-level names are found, local ones are not", async () => {
  const { modules } = await firmware({
    main: "export const A = 1;\nclass B { c() { const d = 1; return d; } }\nexport default function e() { return [A, B]; }\nlet f = 1; f = 2;",
  });
  expect(modules.get("main")?.topLevelNames).toEqual(["A", "B", "e"]);
});

test("a promise that a firmware leaves rejected ends its device alone; one of the simulator's ends the simulator", async () => {
  const folder = mkdtempSync(join(tmpdir(), "thimble-rejection-"));
  try {
    writeFileSync(
      join(folder, "main.ts"),
      "import config from 'mc/config'; export default function () {\n  if (config.rejects) Promise.reject(new Error('unheard'));\n}\n",
    );
    await build({
      stdin: {
        contents: `
          import { Board } from "./host-sim/board/board";
          import { RealClock } from "./host-sim/clock/real-clock";
          import { DeviceProcess } from "./host-sim/device-process";
          import { compileFirmware } from "./host-sim/firmware";
          import { NetworkInterface } from "./host-sim/network/network-interface";
          import { NodeNetwork } from "./host-sim/network/node-wire";
          const clock = new RealClock();
          const files = new Map([["main", process.argv[2]]]);
          const firmware = await compileFirmware({ name: "fixture", main: "main", files });
          const [quiet, device] = [false, true].map((rejects) => new DeviceProcess({
            firmware, clock, board: new Board({ clock }), network: new NetworkInterface({ clock, network: new NodeNetwork() }),
            config: { rejects },
            onException(exception) {
              console.log(exception.message, device.state, quiet.state);
              if (process.argv[3]) Promise.reject(new Error("own"));
            },
          }));
          process.on("uncaughtException", (error) => console.log("simulator:", error.message));
          await quiet.start();
          await device.start();`,
        resolveDir: ROOT,
        loader: "ts",
      },
      bundle: true,
      platform: "node",
      format: "esm",
      packages: "external",
      outfile: join(ROOT, "node_modules", ".cache", "thimble", "rejection.mjs"),
      logLevel: "silent",
    });
    const run = (...more: string[]): string =>
      execFileSync(
        process.execPath,
        [join(ROOT, "node_modules/.cache/thimble/rejection.mjs"), join(folder, "main.ts"), ...more],
        { encoding: "utf8" },
      );
    expect(run()).toMatch(/^fixture: uncaught Error: unheard \(.*main\.ts:2:\d+\) failed running\n$/);
    expect(run("own")).toContain("simulator: own");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test("every specifier that a manifest's platform offers and a device imports is simulated", async () => {
  for (const name of ["thermometer", "light", "camera"]) {
    const { modules } = await loadFirmware(name);
    for (const { code } of modules.values())
      for (const [, specifier] of code.matchAll(/\brequire\("([^."][^"]*)"\)/g))
        expect(providedSpecifiers.has(specifier!), specifier).toBe(true);
  }
});
