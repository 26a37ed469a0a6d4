import { readdirSync } from "node:fs";
import { join } from "node:path";
import { buildSync } from "esbuild";
import type { Engine } from "../../host-sim/xs/engine";
import { type ModuleLoader, TextModules } from "../../host-sim/xs/modules";
import type { ModuleSize, Root } from "../../host-sim/xs/root";
import { APPS } from "./app-figures";
import type { Figures } from "./client-figures";

/** What the codec of 3.1.1 is without the rest of device/mqtt. */
const CODEC: readonly string[] = [
  "control-packet",
  "limits",
  "mqtt-error",
  "packet-reader",
  "packet-writer",
  "remaining-length",
  "topic",
  "utf8-string",
].map((name) => `device/mqtt/${name}`);

const VERSION_5 = `export { version5 } from "./device/client/version-5/version-5";`;

/** What is flashed as one bundle, by the name of its figures. */
const BUNDLES: Readonly<Record<string, string>> = {
  codec: CODEC.map((name) => `export * from "./${name}";`).join(""),
  mqttClient: `export { default } from "./device/client/mqtt-client";`,
  reliableClient: `export { default } from "./device/client/reliable-client";`,
  "reliableClient+5.0": `export { default } from "./device/client/reliable-client";${VERSION_5}`,
};

/**
 * Bytes of bytecode, and of the symbols beside it, as the SDK's compiler writes them: `bytecode.<module>` of each module,
 * `bytecode.modules.<group>` of the modules of a group, `bytecode.bundle.<group>` of the same as one minified module.
 */
export function bytecodeFigures(engine: Engine, modules: ModuleLoader, directory: string): Figures {
  const root = engine.createRoot({ modules, lines: false });
  const figures: Figures = {};
  const sizes = new Map<string, number>();
  const size = (name: string): number => {
    let bytes = sizes.get(name);
    if (bytes === undefined) {
      bytes = sum(root.measureModule(name));
      sizes.set(name, bytes);
    }
    return bytes;
  };
  for (const folder of ["device/mqtt", "device/client"])
    for (const name of moduleNames(directory, folder)) figures[`bytecode.${name}`] = size(name);
  const group = (name: string, names: Iterable<string>): void => {
    let bytes = 0;
    for (const module of names) bytes += size(module);
    figures[`bytecode.modules.${name}`] = bytes;
  };
  group("codec", CODEC);
  group("mqttClient", closure(root, modules, ["device/client/mqtt-client"]));
  group("reliableClient", closure(root, modules, ["device/client/reliable-client"]));
  group(
    "reliableClient+5.0",
    closure(root, modules, ["device/client/reliable-client", "device/client/version-5/version-5"]),
  );
  for (const [name, contents] of Object.entries(BUNDLES))
    figures[`bytecode.bundle.${name}`] = bundleSize(engine, directory, contents);
  for (const app of APPS) {
    const main = `device/apps/${app}/main`;
    group(app, closure(root, modules, [main]));
    group(`${app}+5.0`, closure(root, modules, [main, "device/client/version-5/version-5"]));
    const contents = `export { default } from "./${main}";`;
    figures[`bytecode.bundle.${app}`] = bundleSize(engine, directory, contents);
    figures[`bytecode.bundle.${app}+5.0`] = bundleSize(engine, directory, contents + VERSION_5);
  }
  return figures;
}

function sum({ code, symbols }: ModuleSize): number {
  return code + symbols;
}

function moduleNames(directory: string, folder: string): string[] {
  return readdirSync(join(directory, folder), { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => `${folder}/${file.slice(0, -".ts".length)}`)
    .sort();
}

/** The modules that a program needs of ours, as the linker finds them. Types cost nothing, and modules of types are left out. */
function closure(_root: Root, modules: ModuleLoader, mains: readonly string[]): Set<string> {
  const found = new Set<string>();
  const visit = (name: string): void => {
    if (found.has(name)) return;
    found.add(name);
    for (const [, specifier] of modules.load(name)!.source.matchAll(/(?:from|import) "(\.[^"]+)"/g)) {
      const imported = modules.resolve(specifier!, name);
      if (imported === undefined) throw new Error(`${name} imports ${specifier}, which is not there`);
      visit(imported);
    }
  };
  for (const main of mains) visit(main);
  return found;
}

function bundleSize(engine: Engine, directory: string, contents: string): number {
  const { outputFiles } = buildSync({
    stdin: { contents, resolveDir: directory, loader: "ts" },
    bundle: true,
    write: false,
    minify: true,
    format: "esm",
    target: "es2022",
    external: ["timer", "embedded:*", "mc/config", "time", "sntp"],
    legalComments: "none",
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true, useDefineForClassFields: true } },
  });
  const root = engine.createRoot({
    modules: new TextModules({ bundle: outputFiles[0]!.text }),
    lines: false,
  });
  return sum(root.measureModule("bundle"));
}
