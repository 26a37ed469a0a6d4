import { doubledNames, expandDiscovery, isObject, type JsonObject } from "./expand";
import { type Finding, nearestName } from "./finding";
import { adviseComponent, checkComponent } from "./rules";
import { deviceEntries, originEntries, problemsOf, rootEntries, schemaOf } from "./schema";
import { DEVICE_OPTIONS, OPTIONS, ORIGIN_OPTIONS, PLATFORMS, VOCABULARY } from "./vocabulary";

export type { Finding } from "./finding";

/** A discovery message as it came. */
export interface DiscoveryMessage {
  readonly topic: string;
  readonly payload: Uint8Array | string;
  /** Of the message; a message that comes out of the broker's memory is. Default true. */
  readonly retain?: boolean;
  /** That it was published with. Default 1. */
  readonly QoS?: number;
}

/** What its topic says. */
export interface DiscoveryTopic {
  /** `device`, or the platform of a single component. */
  readonly kind: string;
  readonly id: string;
}

/** What a message says, with all names in full, and what is wrong with it. */
export interface DiscoveryVerdict {
  readonly findings: readonly Finding[];
  /** `undefined` where it is no JSON object, or empty: the device is removed. */
  readonly message: JsonObject | undefined;
}

/**
 * Holds a discovery message against the rules of Home Assistant's MQTT integration, short and full names alike. Devices and
 * single components; the options of sensor, binary_sensor, event, camera, JSON light, switch and button are known in full, those
 * of other platforms by their names.
 * @param prefix - Home Assistant's `discovery_prefix`
 */
export function validateDiscovery(
  { topic, payload, retain = true, QoS = 1 }: DiscoveryMessage,
  prefix = "homeassistant",
): DiscoveryVerdict {
  const findings: Finding[] = [];
  const place = parseDiscoveryTopic(topic, prefix);
  if (!place) findings.push(error("", `topic ${topic} is none that Home Assistant reads: ${TOPIC_FORM}`));
  if (payload.length === 0) return { findings, message: undefined };
  if (!retain)
    findings.push(warning("", "is not retained: forgotten when Home Assistant or the broker starts again"));
  if (QoS === 0) findings.push(warning("", "has QoS 0: it may be lost, and the device with it"));
  const text = typeof payload === "string" ? payload : decode(payload);
  const written = text === undefined ? undefined : parse(text);
  if (!isObject(written)) {
    findings.push(error("", "is not a JSON object in UTF-8"));
    return { findings, message: undefined };
  }
  const message = expandDiscovery(written);
  // On its way from messages of single components to one of a device: https://www.home-assistant.io/integrations/mqtt/
  if (message.migrate_discovery === true && Object.keys(message).length === 1) return { findings, message };
  if (place?.kind === "device" || (!place && "components" in message))
    findings.push(...deviceFindings(written, message));
  else findings.push(...componentMessageFindings(written, message, place?.kind));
  return { findings, message };
}

const TOPIC_FORM =
  "<prefix>/device/<id>/config or <prefix>/<platform>/[<node>/]<id>/config, ids of a-z A-Z 0-9 _ -";

/** @returns `undefined` for a topic that Home Assistant takes no discovery from */
export function parseDiscoveryTopic(topic: string, prefix: string): DiscoveryTopic | undefined {
  if (!topic.startsWith(`${prefix}/`)) return undefined;
  const match = /^(\w+)\/(?:[a-zA-Z0-9_-]+\/)?([a-zA-Z0-9_-]+)\/config$/.exec(topic.slice(prefix.length + 1));
  const [, kind = "", id = ""] = match ?? [];
  return kind === "device" || PLATFORMS.has(kind) ? { kind, id } : undefined;
}

function deviceFindings(written: JsonObject, message: JsonObject): Finding[] {
  const findings = [
    ...doubles(written, ""),
    ...problemsOf(rootEntries, message).map(({ path, message: text }) => error(path.join("."), text)),
    ...unknownRootNames(message),
    ...unknownNames(message.device, deviceEntries, "device"),
    ...unknownNames(message.origin, originEntries, "origin"),
  ];
  const { components } = message;
  if (!isObject(components)) return findings;
  const writtenComponents = written.cmps ?? written.components;
  const uniqueIds = new Map<string, string>();
  for (const [id, component] of Object.entries(components)) {
    const path = `components.${id}`;
    if (!/^[a-zA-Z0-9_-]+$/.test(id)) findings.push(error(path, "is not an id of a-z A-Z 0-9 _ -"));
    if (!isObject(component)) {
      findings.push(error(path, "is not an object"));
      continue;
    }
    if (isObject(writtenComponents) && isObject(writtenComponents[id]))
      findings.push(...doubles(writtenComponents[id], path));
    findings.push(...componentFindings(component, path, message));
    findings.push(...sameIdFindings(component, path, uniqueIds));
  }
  return findings;
}

function componentMessageFindings(
  written: JsonObject,
  message: JsonObject,
  kind: string | undefined,
): Finding[] {
  const platform = kind ?? (typeof message.platform === "string" ? message.platform : undefined);
  const findings = doubles(written, "");
  if (platform === undefined) return findings;
  findings.push(...componentFindings({ ...message, platform }, "", message));
  findings.push(...unknownNames(message.device, deviceEntries, "device"));
  findings.push(...unknownNames(message.origin, originEntries, "origin"));
  return findings;
}

/** @param root - whose shared options every component has too */
function componentFindings(component: JsonObject, path: string, root: JsonObject): Finding[] {
  const { platform } = component;
  if (typeof platform !== "string" || !PLATFORMS.has(platform))
    return [error(join(path, "platform"), `${JSON.stringify(platform) ?? "missing:"} is no platform`)];
  // Nothing but the platform: the component is removed.
  if (path !== "" && Object.keys(component).length === 1) return [];
  const isPart = path !== "";
  const { entries, names } = schemaOf(platform, component);
  const inherited = isPart ? { ...sharedOptions(root, names), ...component } : component;
  const problems = problemsOf(entries, inherited).map(({ path: parts, message }) =>
    error(join(path, ...parts), message),
  );
  const unknown = Object.keys(component)
    .filter((name) => !names.has(name) && !(name === "~" && typeof component["~"] === "string"))
    .map((name) => error(join(path, name), unknownText(name, names)));
  const context = { path, isPart, device: isObject(root.device) ? root.device : {} };
  return [
    ...problems,
    ...unknown,
    ...checkComponent(inherited, context),
    ...adviseComponent(inherited, context),
  ];
}

/** Home Assistant's SHARED_OPTIONS. */
const SHARED: readonly string[] = [
  "availability",
  "availability_mode",
  "availability_template",
  "availability_topic",
  "command_topic",
  "encoding",
  "message_expiry_interval",
  "payload_available",
  "payload_not_available",
  "qos",
  "state_topic",
];

/** What a component gets from the root: only what it has a use for, as Home Assistant leaves out the rest. */
function sharedOptions(root: JsonObject, names: ReadonlySet<string>): JsonObject {
  return Object.fromEntries(
    SHARED.flatMap((name) => (root[name] !== undefined && names.has(name) ? [[name, root[name]]] : [])),
  );
}

function sameIdFindings(component: JsonObject, path: string, seen: Map<string, string>): Finding[] {
  const { unique_id: uniqueId, platform } = component;
  if (typeof uniqueId !== "string") return [];
  const key = `${String(platform)} ${uniqueId}`;
  const other = seen.get(key);
  seen.set(key, path);
  return other === undefined ? [] : [error(join(path, "unique_id"), `"${uniqueId}" is that of ${other} too`)];
}

function unknownRootNames(message: JsonObject): Finding[] {
  const names = new Set(Object.keys(rootEntries));
  return Object.keys(message)
    .filter((name) => !names.has(name))
    .map((name) => {
      if (name === "~") return error(name, `at the root of a device: put it into each component; ${REFUSED}`);
      if (VOCABULARY.has(name))
        return error(name, `is an option of a component, not of the root; ${REFUSED}`);
      return error(name, `is no option here: ${REFUSED}${nearestText(name, names)}`);
    });
}

function unknownNames(object: unknown, entries: object, path: string): Finding[] {
  if (!isObject(object)) return [];
  const names = new Set(Object.keys(entries));
  return Object.keys(object)
    .filter((name) => !names.has(name))
    .map((name) => error(join(path, name), `is no option here: ${REFUSED}${nearestText(name, names)}`));
}

/** Components may have more than Home Assistant knows; the root, the device and the origin may not. */
const REFUSED = "Home Assistant refuses the whole message";

function unknownText(name: string, names: ReadonlySet<string>): string {
  return `is no option here, Home Assistant silently ignores it${nearestText(name, names)}`;
}

function nearestText(name: string, names: ReadonlySet<string>): string {
  const abbreviations = [OPTIONS, DEVICE_OPTIONS, ORIGIN_OPTIONS].flatMap((table) =>
    [...table].filter(([, full]) => names.has(full)).map(([short]) => short),
  );
  const nearest = nearestName(name, [...names, ...abbreviations]);
  return nearest === undefined ? "" : `; ${nearest}?`;
}

function doubles(object: JsonObject, path: string): Finding[] {
  return doubledNames(object, OPTIONS).map(([short, full]) =>
    error(join(path, full), `stands there as ${short} too, which wins`),
  );
}

function join(...parts: readonly string[]): string {
  return parts.filter((part) => part !== "").join(".");
}

function decode(payload: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(payload);
  } catch {
    return undefined;
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function error(path: string, message: string): Finding {
  return { level: "error", path, message };
}

function warning(path: string, message: string): Finding {
  return { level: "warning", path, message };
}
