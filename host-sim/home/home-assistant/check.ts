import type { BrokerVisit, RetainedMessage } from "../broker/broker-visit";
import { isObject, type JsonObject } from "./expand";
import type { Finding } from "./finding";
import { type NamedTopic, topicsOf } from "./rules";
import { validateDiscovery } from "./validator";

/** A discovery message that a broker keeps, and what is wrong with it. */
export interface CheckedMessage {
  readonly topic: string;
  readonly byteLength: number;
  /** The device's name, or its first identifier; empty where it has neither. */
  readonly name: string;
  readonly findings: readonly Finding[];
}

export interface CheckOptions {
  /** Home Assistant's `discovery_prefix`; default `homeassistant`. */
  readonly prefix?: string;
  /** ms without a message after which the broker has sent all that it keeps. */
  readonly quiet: number;
}

/** A component of a message, with the options of the root that it shares. */
interface Component {
  readonly path: string;
  readonly options: JsonObject;
}

/**
 * Holds every discovery message that a broker keeps against Home Assistant's rules, and what it keeps on the topics that they
 * name: an event there is ignored, a command switches something at the next start, an availability that is not kept is unknown
 * after it.
 */
export async function checkDiscovery(visit: BrokerVisit, options: CheckOptions): Promise<CheckedMessage[]> {
  const { prefix = "homeassistant", quiet } = options;
  const messages = await visit.retained([`${prefix}/+/+/config`, `${prefix}/+/+/+/config`], quiet);
  const verdicts = [...messages.values()].map((message) => ({
    ...message,
    ...validateDiscovery({ topic: message.topic, payload: message.payload, QoS: message.QoS }, prefix),
  }));
  const components = verdicts.map(({ message }) => (message ? componentsOf(message) : []));
  const kept = await visit.retained(concreteTopics(components.flat()), quiet);
  const duplicates = duplicateIds(
    verdicts.map(({ topic }, index) => ({ topic, components: components[index]! })),
  );
  return verdicts
    .map(({ topic, payload, message, findings }, index) => ({
      topic,
      byteLength: payload.byteLength,
      name: nameOf(message),
      findings: [
        ...findings,
        ...components[index]!.flatMap((component) => keptFindings(component, kept)),
        ...(duplicates.get(topic) ?? []),
      ],
    }))
    .sort((left, right) => (left.topic < right.topic ? -1 : 1));
}

/** All components of a message, a device's or a single one. */
export function componentsOf(message: JsonObject): Component[] {
  const { components, ...shared } = message;
  if (!isObject(components)) return [{ path: "", options: message }];
  return Object.entries(components).flatMap(([id, component]) =>
    isObject(component) ? [{ path: `components.${id}`, options: { ...shared, ...component } }] : [],
  );
}

function concreteTopics(components: readonly Component[]): string[] {
  const topics = components
    .flatMap(({ options }) => topicsOf(options))
    .filter(({ option }) => isJudged(option));
  return [...new Set(topics.map(({ topic }) => topic))].filter(
    (topic) => topic !== "" && !/[+#]/.test(topic),
  );
}

function isJudged(option: string): boolean {
  return option === "state_topic" || option === "availability_topic" || option.endsWith("command_topic");
}

function keptFindings(component: Component, kept: ReadonlyMap<string, RetainedMessage>): Finding[] {
  return topicsOf(component.options).flatMap((topic) => {
    const text = keptText(topic, component.options.platform, kept.has(topic.topic));
    if (text === undefined) return [];
    const isError = topic.option === "state_topic";
    return [{ level: isError ? "error" : "warning", path: pathOf(component, topic), message: text } as const];
  });
}

function keptText({ option, topic }: NamedTopic, platform: unknown, isKept: boolean): string | undefined {
  if (/[+#]/.test(topic)) return undefined;
  if (option === "state_topic" && platform === "event" && isKept)
    return `the broker keeps an event on ${topic}, which Home Assistant ignores: publish events without retain`;
  if (option.endsWith("command_topic") && isKept)
    return `the broker keeps a command on ${topic}: it switches the device at its next start`;
  if (option === "availability_topic" && !isKept)
    return `the broker keeps nothing on ${topic}: after its restart the device is unavailable`;
  return undefined;
}

function pathOf({ path }: Component, { option }: NamedTopic): string {
  return path === "" ? option : `${path}.${option}`;
}

/** Of two components of one platform with the same id Home Assistant leaves the second out. */
function duplicateIds(
  messages: readonly { readonly topic: string; readonly components: readonly Component[] }[],
): Map<string, Finding[]> {
  const owners = new Map<string, string>();
  const findings = new Map<string, Finding[]>();
  for (const { topic, components } of messages)
    for (const { path, options } of components) {
      const { unique_id: uniqueId, platform } = options;
      if (typeof uniqueId !== "string") continue;
      const key = `${String(platform)} ${uniqueId}`;
      const owner = owners.get(key);
      owners.set(key, owner ?? topic);
      if (owner === undefined || owner === topic) continue;
      const finding: Finding = {
        level: "error",
        path: path === "" ? "unique_id" : `${path}.unique_id`,
        message: `"${uniqueId}" is in ${owner} too`,
      };
      findings.set(topic, [...(findings.get(topic) ?? []), finding]);
    }
  return findings;
}

function nameOf(message: JsonObject | undefined): string {
  const device = isObject(message?.device) ? message.device : {};
  const [identifier] = [device.identifiers].flat();
  const name = device.name ?? identifier ?? message?.name;
  return typeof name === "string" ? name : "";
}
