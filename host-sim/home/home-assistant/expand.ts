import { type Abbreviations, DEVICE_OPTIONS, OPTIONS, ORIGIN_OPTIONS } from "./vocabulary";

/** A JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A discovery message with all names in full, as Home Assistant reads it: short names of the root, of the device, of the origin,
 * of every component and of every availability; where a name stands twice the short one wins there.
 */
export function expandDiscovery(message: JsonObject): JsonObject {
  const root: Record<string, unknown> = { ...expandOptions(message) };
  if (isObject(root.components))
    root.components = Object.fromEntries(
      Object.entries(root.components).map(([id, component]) => [
        id,
        isObject(component) ? replaceBase(expandOptions(component)) : component,
      ]),
    );
  // At the root of a device's message `~` is none of its options; a component's own message has it there.
  return root.components === undefined ? replaceBase(root) : root;
}

function expandOptions(object: JsonObject): JsonObject {
  const expanded: Record<string, unknown> = { ...expandNames(object, OPTIONS) };
  if (isObject(expanded.device)) expanded.device = expandNames(expanded.device, DEVICE_OPTIONS);
  if (isObject(expanded.origin)) expanded.origin = expandNames(expanded.origin, ORIGIN_OPTIONS);
  const { availability } = expanded;
  if (availability !== undefined)
    expanded.availability = [availability]
      .flat()
      .map((entry: unknown) => (isObject(entry) ? expandNames(entry, OPTIONS) : entry));
  return expanded;
}

function expandNames(object: JsonObject, abbreviations: Abbreviations): JsonObject {
  const full = Object.entries(object).filter(([name]) => !abbreviations.has(name));
  const short = Object.entries(object).filter(([name]) => abbreviations.has(name));
  return Object.fromEntries([
    ...full,
    ...short.map(([name, value]) => [abbreviations.get(name) ?? name, value]),
  ]);
}

/** `~` begins or ends a topic: the base takes its place. */
function replaceBase(component: JsonObject): JsonObject {
  const { "~": base, ...options } = component;
  if (typeof base !== "string") return component;
  const resolve = (name: string, value: unknown): unknown => {
    if (typeof value !== "string" || !name.endsWith("topic")) return value;
    if (value.startsWith("~")) return base + value.slice(1);
    return value.endsWith("~") ? value.slice(0, -1) + base : value;
  };
  const entries = Object.entries(options).map(([name, value]) => [name, resolve(name, value)] as const);
  const expanded: Record<string, unknown> = Object.fromEntries(entries);
  if (Array.isArray(expanded.availability))
    expanded.availability = expanded.availability.map((entry: unknown) =>
      isObject(entry) ? { ...entry, topic: resolve("topic", entry.topic) } : entry,
    );
  return expanded;
}

/** The names that stand both short and in full, with both ways to write them. */
export function doubledNames(object: JsonObject, abbreviations: Abbreviations): [string, string][] {
  return Object.keys(object).flatMap((name): [string, string][] => {
    const full = abbreviations.get(name);
    return full !== undefined && full !== name && full in object ? [[name, full]] : [];
  });
}
