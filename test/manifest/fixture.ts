import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach } from "vitest";

/** A small project that agrees with itself: one firmware, one shared include. Tests change a file or two. */
export const PROJECT: Readonly<Record<string, string>> = {
  "manifests/include/mqtt.json": `{
  "modules": {
    "device/mqtt/topic": "../../device/mqtt/topic",
    "device/mqtt/utf8-string": "../../device/mqtt/utf8-string"
  },
  "preload": ["device/mqtt/topic", "device/mqtt/utf8-string"],
  "config": { "port": 1883, "nested": { "a": 1, "b": 2 } }
}
`,
  "manifests/lamp/manifest.json": `{
  "include": ["$(MODDABLE)/examples/manifest_base.json", "../include/mqtt.json"],
  "creation": { "stack": 384, "main": "device/apps/lamp/main" },
  "modules": {
    "device/apps/lamp/main": "../../device/apps/lamp/main"
  },
  "config": { "nested": { "b": 3 } },
  "platforms": {
    "esp32": {
      "include": "$(MODDABLE)/modules/io/manifest.json",
      "preload": [
        "device/apps/lamp/main"
      ]
    },
    "lin": {
      "modules": { "embedded:provider/builtin": "../lin/provider" }
    },
    "...": { "error": "esp32 or lin" }
  }
}
`,
  "manifests/lin/provider.ts": "export default {};\n",
  "device/mqtt/topic.ts": `import { encodeString } from "./utf8-string";

export function matches(): boolean {
  return encodeString() === undefined;
}
`,
  "device/mqtt/utf8-string.ts": "export function encodeString(): undefined {}\n",
  "device/apps/lamp/main.ts": `import type { Lamp } from "../../drivers/lamp";
import device from "embedded:provider/builtin";
import config from "mc/config";
import Timer from "timer";
import { matches } from "../../mqtt/topic";

export default function (): void {}
`,
};

const directories: string[] = [];

afterEach(() => {
  for (const directory of directories.splice(0)) rmSync(directory, { recursive: true });
});

/** Writes the project with the given changes into a new directory, which the end of the test removes. `undefined` leaves a file out. */
export function makeProject(changes: Readonly<Record<string, string | undefined>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), "thimble-manifest-"));
  directories.push(directory);
  for (const [path, text] of Object.entries({ ...PROJECT, ...changes })) {
    if (text === undefined) continue;
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text);
  }
  return directory;
}

/** The text of a file of the project with one piece replaced. */
export function changed(path: string, from: string, to: string): Record<string, string> {
  const text = PROJECT[path];
  if (text === undefined || !text.includes(from)) throw new Error(`${path} does not contain ${from}`);
  return { [path]: text.replace(from, to) };
}
