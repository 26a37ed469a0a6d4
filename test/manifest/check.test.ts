import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { checkManifests, firmwareManifests, printProblem } from "../../host-sim/manifest/check";
import { changed, makeProject, PROJECT } from "./fixture";

async function check(changes: Record<string, string | undefined> = {}): Promise<string[]> {
  const root = makeProject(changes);
  return (await checkManifests(root)).map((problem) => printProblem(problem, root));
}

describe("checkManifests", () => {
  it("the firmwares of this repository agree with their imports", async () => {
    const root = fileURLToPath(new URL("../..", import.meta.url));
    const firmwares = ["camera", "camera-tls", "light", "light-tls", "thermometer", "thermometer-tls"];
    expect(firmwareManifests(root).map(({ name }) => name)).toEqual(firmwares);
    expect((await checkManifests(root)).map((problem) => printProblem(problem, root))).toEqual([]);
  });

  it("a project that agrees with itself has no problems", async () => {
    expect(await check()).toEqual([]);
  });

  it("an import that no module answers is named by the line of the TypeScript file", async () => {
    expect(await check(changed("device/mqtt/topic.ts", "./utf8-string", "./utf8"))).toContain(
      'device/mqtt/topic.ts:1: "./utf8" (device/mqtt/utf8) is neither in the manifest nor provided by the SDK parts it includes',
    );
  });

  it("an import that only one platform answers is told for the other", async () => {
    const changes = changed("device/apps/lamp/main.ts", '"timer"', '"embedded:io/pwm"');
    expect(await check(changes)).toEqual([
      'device/apps/lamp/main.ts:4: "embedded:io/pwm" is neither in the manifest nor provided by the SDK parts it includes (lamp for lin)',
    ]);
  });

  it("a module that is in no manifest is found where it is imported, and imports of types are not followed", async () => {
    const changes = changed("device/apps/lamp/main.ts", "import type { Lamp }", "import { Lamp }");
    expect(await check(changes)).toEqual([
      expect.stringMatching(/^device\/apps\/lamp\/main\.ts:1: "\.\.\/\.\.\/drivers\/lamp" /),
    ]);
  });

  it("a problem of one firmware among several names the firmware", async () => {
    const other = PROJECT["manifests/lamp/manifest.json"]?.replaceAll("apps/lamp", "apps/fan");
    const main = PROJECT["device/apps/lamp/main.ts"];
    expect(await check({ "manifests/fan/manifest.json": other, "device/apps/fan/main.ts": main })).toEqual(
      [],
    );
    expect(await check({ "manifests/fan/manifest.json": other })).toEqual([
      "manifests/fan/manifest.json:5: no module at ../../device/apps/fan/main (fan)",
    ]);
  });

  it("an import that XS would not normalise is refused", async () => {
    expect(
      await check(changed("device/mqtt/topic.ts", "./utf8-string", "./../mqtt/utf8-string")),
    ).toContainEqual(
      expect.stringContaining('device/mqtt/topic.ts:1: "./../mqtt/utf8-string" leads out of the tree'),
    );
  });

  it("an import at run time is refused", async () => {
    const text = 'export default function (): void {\n  import("../../mqtt/topic");\n}\n';
    expect(await check({ "device/apps/lamp/main.ts": text })).toContainEqual(
      expect.stringContaining('device/apps/lamp/main.ts:2: import("../../mqtt/topic") cannot be followed'),
    );
  });

  it("a missing file is named by the line of the manifest", async () => {
    expect(await check({ "device/mqtt/utf8-string.ts": undefined })).toEqual([
      "manifests/include/mqtt.json:4: no module at ../../device/mqtt/utf8-string",
    ]);
  });

  it("a missing main is told once, and not that nothing imports the rest", async () => {
    expect(await check({ "device/apps/lamp/main.ts": undefined })).toEqual([
      "manifests/lamp/manifest.json:5: no module at ../../device/apps/lamp/main",
    ]);
  });

  it("a superfluous module is named by the line of the manifest", async () => {
    expect(
      await check(changed("device/mqtt/topic.ts", 'import { encodeString } from "./utf8-string";', "")),
    ).toEqual(["manifests/include/mqtt.json:4: device/mqtt/utf8-string is superfluous: nothing imports it"]);
  });

  it("a preload name that is no module is named by its line", async () => {
    const changes = changed(
      "manifests/lamp/manifest.json",
      '"device/apps/lamp/main"\n      ]',
      '"device/apps/lamp/main",\n        "device/apps/lamp"\n      ]',
    );
    expect(await check(changes)).toEqual([
      "manifests/lamp/manifest.json:13: device/apps/lamp is in preload but not in modules (lamp for esp32)",
    ]);
  });

  it("a preload pattern is refused: mcconfig expands it over JavaScript files only", async () => {
    const changes = changed(
      "manifests/lamp/manifest.json",
      '"device/apps/lamp/main"\n      ]',
      '"device/apps/lamp/main",\n        "device/apps/*"\n      ]',
    );
    expect(await check(changes)).toEqual([
      expect.stringMatching(/^manifests\/lamp\/manifest\.json:13: .*one by one/),
    ]);
  });

  it("a module that is preloaded only because another one imports it is named", async () => {
    const changes = changed("manifests/include/mqtt.json", ', "device/mqtt/utf8-string"]', "]");
    expect(await check(changes)).toEqual([
      expect.stringMatching(
        /^manifests\/include\/mqtt\.json:4: device\/mqtt\/utf8-string is not preloaded.*\(lamp for esp32\)$/,
      ),
      expect.stringMatching(
        /^manifests\/include\/mqtt\.json:4: device\/mqtt\/utf8-string is preloaded because device\/mqtt\/topic imports it/,
      ),
    ]);
  });

  it("a device module that is not preloaded on a chip is named", async () => {
    const changes = changed("manifests/lamp/manifest.json", '"preload"', '"postload"');
    expect(await check(changes)).toEqual([
      "manifests/lamp/manifest.json:5: device/apps/lamp/main is not preloaded: its classes and functions would take RAM (lamp for esp32)",
    ]);
  });

  it("a main without a default function is named", async () => {
    expect(
      await check(changed("device/apps/lamp/main.ts", "export default function", "export function main")),
    ).toEqual([expect.stringContaining("device/apps/lamp/main.ts:1: main has no `export default function`")]);
  });

  it("a creation.main that is no module is named", async () => {
    const found = await check(
      changed("manifests/lamp/manifest.json", '"main": "device/apps/lamp/main"', '"main": "main"'),
    );
    expect(found).toContainEqual(expect.stringContaining("creation.main is main, which is not in modules"));
  });

  it("the same file under two names is found, since mcconfig keeps only the first", async () => {
    const line = '"device/mqtt/topic": "../../device/mqtt/topic",';
    const changes = changed(
      "manifests/include/mqtt.json",
      line,
      `${line}\n    "topic": "../../device/mqtt/topic",`,
    );
    expect(await check(changes)).toContainEqual(
      expect.stringContaining("manifests/include/mqtt.json:4: topic is the same file as device/mqtt/topic"),
    );
  });

  it("a manifest that is not JSON, or is not there, is named by its line", async () => {
    expect(
      await check(changed("manifests/include/mqtt.json", '},\n  "preload"', '}\n  "preload"')),
    ).toContainEqual(expect.stringContaining('manifests/include/mqtt.json:6: "," expected'));
    expect(await check({ "manifests/include/mqtt.json": undefined })).toContainEqual(
      expect.stringMatching(/^manifests\/lamp\/manifest\.json:2: .*mqtt\.json does not exist/),
    );
  });

  it("an SDK manifest that the table does not know is named by its line", async () => {
    expect(
      await check(changed("manifests/lamp/manifest.json", "manifest_base", "manifest_piu")),
    ).toContainEqual(
      expect.stringContaining(
        "manifests/lamp/manifest.json:2: $(MODDABLE)/examples/manifest_piu.json is unknown",
      ),
    );
  });

  it("a firmware that names no platform is refused", async () => {
    expect(await check(changed("manifests/lamp/manifest.json", '"platforms"', '"platform"'))).toEqual([
      "manifests/lamp/manifest.json:1: names no platform: add them to `platforms`",
    ]);
  });
});
