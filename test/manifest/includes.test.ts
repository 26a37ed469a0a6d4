import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

interface Include {
  readonly modules: Readonly<Record<string, string | readonly string[]>>;
  readonly preload?: readonly string[];
}

function read(name: string): Include {
  return JSON.parse(readFileSync(`${ROOT}manifests/include/${name}.json`, "utf8")) as Include;
}

function filesBelow(folder: string): string[] {
  return readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts") && !file.endsWith(".d.ts"))
    .map((file) => `${folder}/${file.slice(0, -".ts".length)}`);
}

/** A module of types alone is gone when it is compiled. */
function hasCode(file: string): boolean {
  return transformSync(readFileSync(`${ROOT}${file}.ts`, "utf8"), { loader: "ts" }).code.trim() !== "";
}

const LIBRARIES = ["mqtt", "mqtt-5", "websocket", "tls"] as const;

describe("the includes for firmwares of others", () => {
  it.each(LIBRARIES)("%s.json names files that are there, and preloads all of them", (name) => {
    const { modules, preload } = read(name);
    const specifiers = Object.keys(modules);
    expect(specifiers.filter((specifier) => !existsSync(`${ROOT}${specifier}.ts`))).toEqual([]);
    expect(specifiers.map((specifier) => `../../${specifier}`)).toEqual(Object.values(modules));
    expect(preload).toEqual(specifiers);
  });

  it("have every module of the client and its protocol, but those of a browser", () => {
    const listed = new Set(LIBRARIES.flatMap((name) => Object.keys(read(name).modules)));
    const missing = [...filesBelow("device/mqtt"), ...filesBelow("device/client")].filter(
      (file) => !listed.has(file) && !file.startsWith("device/client/transports/browser/") && hasCode(file),
    );
    expect(missing).toEqual([]);
  });
});
