import { isObject, type JsonObject } from "./expand";
import type { Finding } from "./finding";

// Rules that are about more than one option.

export interface RuleContext {
  /** Of the component; empty for one with a message of its own. */
  readonly path: string;
  /** It stands in a device's message. */
  readonly isPart: boolean;
  readonly device: JsonObject;
}

/** They have no entity, so no id. */
const WITHOUT_ENTITY: readonly unknown[] = ["device_automation", "tag"];

/** What Home Assistant refuses, or leaves out without a word. */
export function checkComponent(component: JsonObject, context: RuleContext): Finding[] {
  const { platform } = component;
  const findings: [option: string, message: string | undefined][] = [
    ["unique_id", uniqueIdProblem(component, context)],
    ["availability", availabilityProblem(component)],
    ["", platform === "light" ? lightProblem(component) : undefined],
    ["", platform === "sensor" ? sensorProblem(component) : undefined],
  ];
  return findings.flatMap(([option, message]) => finding("error", context.path, option, message));
}

/** What works and will give trouble. */
export function adviseComponent(component: JsonObject, context: RuleContext): Finding[] {
  const { platform, image_encoding: encoding, object_id: objectId } = component;
  const keepsCommands = component.retain === true && component.command_topic !== undefined;
  const isBase64 = platform === "camera" && encoding === "b64";
  const findings: [option: string, message: string | undefined][] = [
    [
      "retain",
      keepsCommands ? "commands that the broker keeps switch the device at its next start" : undefined,
    ],
    ["image_encoding", isBase64 ? "Base64 costs a third more: send the JPEG as it is" : undefined],
    ["object_id", objectId === undefined ? undefined : "has been replaced by default_entity_id"],
    ["unique_id", nameProblem(component, context)],
    ["availability", missingAvailability(component)],
  ];
  return findings.flatMap(([option, message]) => finding("warning", context.path, option, message));
}

function finding(
  level: Finding["level"],
  base: string,
  option: string,
  message: string | undefined,
): Finding[] {
  if (message === undefined) return [];
  return [{ level, path: [base, option].filter((part) => part !== "").join("."), message }];
}

function uniqueIdProblem(
  { platform, unique_id: uniqueId }: JsonObject,
  context: RuleContext,
): string | undefined {
  if (uniqueId !== undefined || WITHOUT_ENTITY.includes(platform)) return undefined;
  if (context.isPart) return "is missing: Home Assistant takes no component without it";
  // A component's own message may do without, but only where it names no device.
  return Object.keys(context.device).length > 0 ? "is missing: the device cannot be registered" : undefined;
}

function availabilityProblem(component: JsonObject): string | undefined {
  const { availability, availability_topic: topic } = component;
  return availability !== undefined && topic !== undefined
    ? "and availability_topic exclude each other"
    : undefined;
}

function lightProblem(light: JsonObject): string | undefined {
  const { schema, brightness, color_mode: colorMode, supported_color_modes: modes } = light;
  if (schema !== "json") {
    return brightness === undefined && modes === undefined
      ? undefined
      : 'brightness and supported_color_modes need schema "json"';
  }
  if (colorMode !== undefined) return "color_mode has been removed: supported_color_modes says it alone";
  if (brightness !== true) return undefined;
  if (!Array.isArray(modes)) return "brightness without supported_color_modes: which colour mode has it?";
  return modes.includes("onoff") ? "brightness with the colour mode onoff, which has none" : undefined;
}

const TEMPERATURE_UNITS: readonly unknown[] = ["°C", "°F", "K"];

function sensorProblem(sensor: JsonObject): string | undefined {
  const { device_class: deviceClass, unit_of_measurement: unit, state_class: stateClass, options } = sensor;
  if (deviceClass === "temperature" && !TEMPERATURE_UNITS.includes(unit))
    return `unit_of_measurement ${JSON.stringify(unit) ?? "is missing: it"} is none of a temperature: °C, °F or K`;
  if (deviceClass === "enum" && (stateClass !== undefined || unit !== undefined))
    return "device_class enum goes with neither state_class nor unit_of_measurement";
  if (options !== undefined && deviceClass !== "enum") return "options need device_class enum";
  return undefined;
}

/** An id out of a name changes with it, and Home Assistant has the device twice. */
function nameProblem({ unique_id: uniqueId }: JsonObject, { device }: RuleContext): string | undefined {
  const { name, identifiers } = device;
  if (typeof uniqueId !== "string" || typeof name !== "string" || slug(name) === "") return undefined;
  const ids = [identifiers].flat().filter((id) => typeof id === "string");
  if (ids.some((id) => id !== "" && slug(uniqueId).includes(slug(id)))) return undefined;
  return slug(uniqueId).startsWith(slug(name))
    ? `"${uniqueId}" is made from the device's name: a new name makes a second device of it`
    : undefined;
}

function slug(text: string): string {
  return text.toLowerCase().replace(/[^a-z0-9]+/g, "_");
}

function missingAvailability({
  platform,
  availability,
  availability_topic: topic,
}: JsonObject): string | undefined {
  if (WITHOUT_ENTITY.includes(platform) || availability !== undefined || topic !== undefined)
    return undefined;
  return "is missing: a device that has lost its power goes on showing its last state";
}

/** All topics that a component names, by what they are for. */
export interface NamedTopic {
  readonly option: string;
  readonly topic: string;
}

export function topicsOf(component: JsonObject): NamedTopic[] {
  const topics = Object.entries(component).flatMap(([option, topic]) =>
    option.endsWith("topic") && typeof topic === "string" ? [{ option, topic }] : [],
  );
  const list = Array.isArray(component.availability) ? component.availability : [];
  for (const entry of list)
    if (isObject(entry) && typeof entry.topic === "string")
      topics.push({ option: "availability_topic", topic: entry.topic });
  return topics;
}
