import { DISCOVERY_PREFIX, discoveryTopicOf } from "../../../device/home/discovery";
import {
  CAMERA_IMAGE,
  deviceTopicOf,
  HOME_ASSISTANT_STATUS,
  LIGHT_COMMAND,
  LOG,
  STATUS,
} from "../../../device/home/topics";
import type { BrokerVisit, RetainedMessage } from "../broker/broker-visit";
import { UsageError } from "../usage-error";
import { componentsOf } from "./check";
import { isObject, type JsonObject } from "./expand";
import { topicsOf } from "./rules";
import { validateDiscovery } from "./validator";

export interface CleanOptions {
  /** Device id. */
  readonly device: string;
  /** Reads what the broker keeps, and clears commands, which no device may publish. */
  readonly reader: BrokerVisit;
  /** Begun when there is something to clear, and ended: clears what the device publishes. Default: `reader` does. */
  readonly writer?: () => Promise<BrokerVisit>;
  /** The device's own topics, beside those that its discovery names. */
  readonly topics?: readonly string[];
  /** Home Assistant's `discovery_prefix`; default `homeassistant`. */
  readonly prefix?: string;
  /** ms without a message after which the broker has sent all that it keeps. */
  readonly quiet: number;
  /** Also while the device is online. */
  readonly force?: boolean;
  /** Find out only. */
  readonly dryRun?: boolean;
}

export interface CleanReport {
  readonly device: string;
  readonly dryRun: boolean;
  /** In the order in which they are cleared, the discovery first. */
  readonly cleared: readonly { readonly topic: string; readonly byteLength: number }[];
  /** Topics of the device where the broker keeps something that was left there. */
  readonly kept: readonly { readonly topic: string; readonly reason: string }[];
}

/** Home Assistant's rule for ids, as device/home/home-device.ts has it. */
const IDENTIFIER = /^[a-zA-Z0-9_-]{1,64}$/;

/**
 * Lets the broker forget what it keeps of a device that is gone: its discovery, so that Home Assistant removes it, its status, its
 * states, and commands to it. Topics that another device names in its discovery are left alone.
 * @throws {UsageError} for what is no device id, for a device that Thimble has not announced, and for one that is online
 */
export async function cleanDevice(options: CleanOptions): Promise<CleanReport> {
  const { device, reader, prefix = DISCOVERY_PREFIX, quiet, dryRun = false } = options;
  if (!IDENTIFIER.test(device))
    throw new UsageError(`"${device}" is no device id: 1 to 64 of the characters a-z A-Z 0-9 _ -`);
  const announced = await reader.retained([`${prefix}/+/+/config`, `${prefix}/+/+/+/config`], quiet);
  const topic = discoveryTopicOf(prefix, device);
  const own = namedTopics(announced.get(topic), prefix);
  assertOurs(device, announced.get(topic), prefix);
  const candidates = new Set([topic, ...fixedTopics(options), ...own]);
  const found = await reader.retained([...candidates], quiet);
  assertOffline(options, found.get(deviceTopicOf(STATUS, device)));
  const others = ownersOf(announced, topic, prefix);
  const reasonToKeep = (candidate: string): string | undefined => {
    const owner = others.get(candidate);
    if (owner !== undefined) return `${owner} names it too`;
    return isForeign(candidate, device) ? "it is not this device's" : undefined;
  };
  const cleared = [...candidates].flatMap((candidate) => {
    const message = found.get(candidate);
    return message && reasonToKeep(candidate) === undefined ? [message] : [];
  });
  const kept = [...found.keys()].flatMap((candidate) => {
    const reason = reasonToKeep(candidate);
    return reason === undefined ? [] : [{ topic: candidate, reason }];
  });
  if (!dryRun) await clear(options, cleared);
  return {
    device,
    dryRun,
    cleared: cleared.map(({ topic: name, payload }) => ({ topic: name, byteLength: payload.byteLength })),
    kept,
  };
}

async function clear(options: CleanOptions, messages: readonly RetainedMessage[]): Promise<void> {
  const { reader, quiet } = options;
  if (messages.length === 0) return;
  const writer = (await options.writer?.()) ?? reader;
  try {
    for (const { topic } of messages)
      await (topic.endsWith(LIGHT_COMMAND.suffix) ? reader : writer).clear(topic);
  } finally {
    if (writer !== reader) await writer.end();
  }
  // A device that is online says it again.
  if (options.force) return;
  // In MQTT 3.1.1 a broker takes what it does not allow, and does nothing.
  const topics = messages.map(({ topic }) => topic);
  const left = await reader.retained(topics, quiet);
  if (left.size > 0)
    throw new UsageError(
      `the broker still keeps ${[...left.keys()].join(", ")}: it does not let me clear it`,
    );
}

/** Topics that the device has whatever its discovery says, or where it has none. */
function fixedTopics({ device, topics = [] }: CleanOptions): string[] {
  return [
    deviceTopicOf(STATUS, device),
    deviceTopicOf(LOG, device),
    ...topics.flatMap((topic) => [topic, topic + LIGHT_COMMAND.suffix, topic + CAMERA_IMAGE.suffix]),
  ];
}

/** Whatever a discovery names: these are Home Assistant's, or of the device that stands in them. */
function isForeign(topic: string, device: string): boolean {
  if (topic === HOME_ASSISTANT_STATUS.topic) return true;
  const [, owner] = /^home\/([^/]+)\/(?:status|log)$/.exec(topic) ?? [];
  return owner !== undefined && owner !== device;
}

/** The topics in a discovery message; none where it is not one. */
function namedTopics(message: RetainedMessage | undefined, prefix: string): string[] {
  const expanded = message && expand(message, prefix);
  if (!expanded) return [];
  const topics = componentsOf(expanded).flatMap(({ options }) => topicsOf(options));
  return topics.map(({ topic }) => topic).filter((topic) => topic !== "" && !/[+#]/.test(topic));
}

function expand(message: RetainedMessage, prefix: string): JsonObject | undefined {
  return validateDiscovery(message, prefix).message;
}

/** Other messages' topics, by which message names them. */
function ownersOf(
  announced: ReadonlyMap<string, RetainedMessage>,
  own: string,
  prefix: string,
): Map<string, string> {
  const owners = new Map<string, string>();
  for (const message of announced.values())
    if (message.topic !== own)
      for (const topic of namedTopics(message, prefix)) owners.set(topic, message.topic);
  return owners;
}

function assertOurs(device: string, message: RetainedMessage | undefined, prefix: string): void {
  const expanded = message && expand(message, prefix);
  if (!expanded) return;
  const origin = isObject(expanded.origin) ? expanded.origin.name : undefined;
  if (origin !== "Thimble")
    throw new UsageError(
      `${device} was announced by ${JSON.stringify(origin) ?? "somebody unknown"}: only Thimble's own devices are cleaned`,
    );
}

function assertOffline({ device, force }: CleanOptions, status: RetainedMessage | undefined): void {
  if (force || !status || Buffer.from(status.payload).toString() !== "online") return;
  throw new UsageError(
    `${device} is online, and would say it all again: switch it off first, or clear all the same with --force`,
  );
}
