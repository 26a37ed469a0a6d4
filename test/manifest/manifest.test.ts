import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { ManifestError, readManifest } from "../../host-sim/manifest/manifest";
import { matchPlatform } from "../../host-sim/manifest/platforms";
import { makeProject } from "./fixture";

describe("readManifest", () => {
  it("merges includes, the manifest and its platform", () => {
    const root = makeProject();
    const manifest = readManifest(join(root, "manifests/lamp/manifest.json"), {
      platform: "esp32/esp32_thing",
    });
    expect(manifest.main).toBe("device/apps/lamp/main");
    expect([...manifest.modules]).toEqual([
      ["device/mqtt/topic", join(root, "device/mqtt/topic.ts")],
      ["device/mqtt/utf8-string", join(root, "device/mqtt/utf8-string.ts")],
      ["device/apps/lamp/main", join(root, "device/apps/lamp/main.ts")],
    ]);
    expect(manifest.preload).toEqual([
      "device/mqtt/topic",
      "device/mqtt/utf8-string",
      "device/apps/lamp/main",
    ]);
    expect(manifest.config).toEqual({ port: 1883, nested: { a: 1, b: 3 } });
    expect(manifest.creation).toEqual({ stack: 384, main: "device/apps/lamp/main" });
    expect(manifest.sdkSpecifiers).toContain("embedded:provider/builtin");
    expect(manifest.sdkSpecifiers).toContain("timer");
  });

  it("the platform is by default the first that the manifest names", () => {
    const root = makeProject();
    expect(readManifest(join(root, "manifests/lamp/manifest.json")).platform).toBe("esp32");
  });

  it("lin has no Host Provider of the SDK, and takes the manifest's", () => {
    const root = makeProject();
    const manifest = readManifest(join(root, "manifests/lamp/manifest.json"), { platform: "lin" });
    expect(manifest.sdkSpecifiers).not.toContain("embedded:provider/builtin");
    expect(manifest.modules.get("embedded:provider/builtin")).toBe(join(root, "manifests/lin/provider.ts"));
    expect(manifest.preload).not.toContain("device/apps/lamp/main");
  });

  it("a platform the manifest refuses throws with its message", () => {
    const root = makeProject();
    expect(() => readManifest(join(root, "manifests/lamp/manifest.json"), { platform: "esp" })).toThrow(
      new ManifestError({
        file: join(root, "manifests/lamp/manifest.json"),
        line: 18,
        message: "esp32 or lin",
      }),
    );
  });

  it("a `*` takes every module of a directory, declarations left out", () => {
    const root = makeProject({
      "manifests/include/mqtt.json": '{ "modules": { "device/mqtt/*": "../../device/mqtt/*" } }',
      "device/mqtt/types.d.ts": "",
    });
    const manifest = readManifest(join(root, "manifests/lamp/manifest.json"));
    expect([...manifest.modules.keys()]).toEqual([
      "device/mqtt/topic",
      "device/mqtt/utf8-string",
      "device/apps/lamp/main",
    ]);
  });
});

describe("matchPlatform", () => {
  it.each([
    ["esp32", ["lin", "esp32"], "esp32"],
    ["esp32/esp32_thing", ["esp32", "lin"], "esp32"],
    ["esp32/esp32_thing", ["esp32", "esp32/*"], "esp32/*"],
    ["esp32/esp32_thing", ["esp32/xiao", "..."], "..."],
    ["esp32/esp32_thing", ["esp32", "esp32/esp32_thing"], "esp32/esp32_thing"],
    ["sim/moddable_two", ["*/moddable_two"], "*/moddable_two"],
    ["lin", ["esp32"], undefined],
  ])("%s among %j is %s", (platform, names, expected) => {
    expect(matchPlatform(names, platform)).toBe(expected);
  });
});
