import { readImports } from "../../host-sim/manifest/module-source";
import type { SourceTree, Violation } from "./source-tree";

/** Who may import whom, as design.md and ARCHITECTURE.md say. The first row whose `layer` begins the path applies. */
interface Layer {
  /** Beginning of the importing file's path. */
  readonly layer: string;
  /** Beginnings of paths, or module specifiers, that it may import; `*` ends a prefix of specifiers. Itself is always allowed. */
  readonly values: readonly string[];
  /** In addition, for `import type`. */
  readonly types?: readonly string[];
}

const BUILT_IN: readonly string[] = ["timer", "time"];
const PLATFORM: readonly string[] = ["embedded:*", ...BUILT_IN];

const LAYERS: readonly Layer[] = [
  { layer: "device/mqtt/", values: [] },
  { layer: "device/client/", values: ["device/mqtt/", "timer"], types: PLATFORM },
  { layer: "device/drivers/", values: [], types: PLATFORM },
  {
    layer: "device/home/",
    values: ["timer"],
    types: ["device/client/", "device/drivers/", "device/mqtt/", ...PLATFORM],
  },
  {
    layer: "device/apps/",
    values: [
      "device/home/",
      "device/client/",
      "device/drivers/",
      "mc/config",
      "sntp",
      "Resource",
      ...PLATFORM,
    ],
    types: ["device/mqtt/"],
  },
  { layer: "device/", values: [], types: PLATFORM },

  { layer: "host-sim/clock/real-clock.ts", values: ["host-sim/clock/", "node:*"] },
  { layer: "host-sim/clock/", values: [] },
  { layer: "host-sim/board/", values: ["host-sim/clock/"], types: PLATFORM },
  {
    layer: "host-sim/network/",
    values: ["host-sim/board/", "host-sim/clock/", "node:*", "npm"],
    types: ["device/", ...PLATFORM],
  },
  { layer: "host-sim/manifest/", values: ["node:*"] },
  {
    layer: "host-sim/embedded/",
    values: ["host-sim/network/", "host-sim/board/", "host-sim/clock/", "node:*"],
    types: ["device/", ...PLATFORM],
  },
  {
    layer: "host-sim/xs/",
    values: [
      "host-sim/embedded/",
      "host-sim/network/",
      "host-sim/board/",
      "host-sim/clock/",
      "host-sim/manifest/",
      "node:*",
      "npm",
    ],
  },
  {
    layer: "host-sim/device-process.ts",
    values: [
      "host-sim/firmware.ts",
      "host-sim/xs/",
      "host-sim/embedded/",
      "host-sim/network/",
      "host-sim/board/",
      "host-sim/clock/",
      "host-sim/manifest/",
      "node:*",
      "npm",
    ],
  },
  { layer: "host-sim/firmware.ts", values: ["host-sim/manifest/", "node:*", "npm"] },
  {
    layer: "host-sim/home/",
    values: [
      "host-sim/device-process.ts",
      "host-sim/firmware.ts",
      "host-sim/embedded/",
      "host-sim/network/",
      "host-sim/board/",
      "host-sim/clock/",
      "device/client/",
      "device/home/",
      "device/mqtt/",
      "node:*",
      "npm",
    ],
    types: ["device/"],
  },
  { layer: "host-sim/", values: ["host-sim/", "node:*", "npm"] },

  { layer: "manifests/", values: ["host-sim/board/", "host-sim/clock/", "timer"], types: PLATFORM },
];

/** Every import that its file's layer does not allow. */
export function forbiddenEdges(tree: SourceTree): Violation[] {
  const violations: Violation[] = [];
  for (const [file, text] of tree) {
    const layer = LAYERS.find((candidate) => file.startsWith(candidate.layer));
    for (const line of readImports(text)) {
      const target = resolveImport(file, line.specifier, tree);
      // The linker of a firmware cannot follow `import()`.
      const unfollowed = line.dynamic && file.startsWith("device/");
      const fromBelow = isVersion5FromBelow(file, target) && !line.typeOnly;
      if (layer && allowed(layer, file, target, line.typeOnly) && !unfollowed && !fromBelow) continue;
      const manner = mannerOf(line.typeOnly, unfollowed);
      violations.push({
        file,
        line: line.line,
        message: `${layer?.layer ?? file} must not import ${manner}${target}`,
      });
    }
  }
  return violations;
}

/** A firmware that speaks 3.1.1 carries no byte of 5.0: only 5.0's own modules, and an application, may import them. */
function isVersion5FromBelow(file: string, target: string): boolean {
  return /^device\/(mqtt|client)\//.test(file) && !isVersion5(file) && isVersion5(target);
}

function isVersion5(path: string): boolean {
  return path.includes("/version-5/");
}

function mannerOf(typeOnly: boolean, unfollowed: boolean): string {
  if (typeOnly) return "the type of ";
  return unfollowed ? "at run time " : "";
}

/**
 * Every circle of imports, told once, at the line of the import that closes it. `import type` does not count: it is gone when
 * modules are linked, and lets a class and its options stand in two files.
 */
export function cycles(tree: SourceTree): Violation[] {
  const violations: Violation[] = [];
  const finished = new Set<string>();
  const trail: string[] = [];

  function visit(file: string): void {
    trail.push(file);
    for (const { specifier, line, typeOnly } of readImports(tree.get(file) ?? "")) {
      const target = resolveImport(file, specifier, tree);
      if (typeOnly || !tree.has(target) || finished.has(target)) continue;
      const start = trail.indexOf(target);
      if (start < 0) visit(target);
      else {
        const circle = [...trail.slice(start), target].join(" -> ");
        violations.push({ file, line, message: `closes a circle: ${circle}` });
      }
    }
    trail.pop();
    finished.add(file);
  }

  for (const file of tree.keys()) if (!finished.has(file)) visit(file);
  return violations;
}

function allowed(layer: Layer, file: string, target: string, typeOnly: boolean): boolean {
  // A layer that is one file does not allow its neighbours.
  if (target.startsWith(layer.layer) && file !== layer.layer && !isWhole(layer)) return true;
  const rules = typeOnly ? [...layer.values, ...(layer.types ?? [])] : layer.values;
  return rules.some((rule) => matches(rule, target));
}

/** The last resort rows `device/` and `host-sim/` say themselves what they may import. */
function isWhole(layer: Layer): boolean {
  return layer.layer === "device/" || layer.layer === "host-sim/";
}

function matches(rule: string, target: string): boolean {
  if (rule.endsWith("*")) return target.startsWith(rule.slice(0, -1));
  if (rule === "npm") return isPackage(target);
  return rule.endsWith("/") ? target.startsWith(rule) : target === rule;
}

/** A bare name that is neither of the platform nor of Node nor of this repository: something out of node_modules. */
function isPackage(target: string): boolean {
  if (/^(?:device|host-sim|test|manifests)\//.test(target) || target === "mc/config") return false;
  return !target.includes(":") && !target.startsWith(".") && !BUILT_IN.includes(target);
}

/** Path of the imported file in this repository, or the specifier itself when it is not one. */
export function resolveImport(file: string, specifier: string, tree: SourceTree): string {
  if (!specifier.startsWith(".")) return specifier;
  const parts = file.split("/").slice(0, -1);
  for (const step of specifier.split("/")) {
    if (step === "..") parts.pop();
    else if (step !== ".") parts.push(step);
  }
  const path = parts.join("/");
  const candidates = [
    path,
    `${path}.ts`,
    `${path}.tsx`,
    `${path}.d.ts`,
    `${path}.mjs`,
    `${path}.js`,
    `${path}/index.ts`,
  ];
  return candidates.find((candidate) => tree.has(candidate)) ?? path;
}
