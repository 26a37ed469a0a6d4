import { matches } from "../../../device/mqtt/topic";
import { type Member, type Service, topicsOf } from "./members";

/** One thing that somebody may do. */
export interface AccessRule {
  /** Publish to the topics, or be sent what others publish there. */
  readonly access: "publish" | "receive";
  /** Wildcards as in MQTT. */
  readonly topicFilter: string;
}

const publish = (topicFilter: string): AccessRule => Object.freeze({ access: "publish", topicFilter });
const receive = (topicFilter: string): AccessRule => Object.freeze({ access: "receive", topicFilter });

/** What people switch: `home/light/set`, `home/<room>/light/set`. */
const COMMANDS: readonly AccessRule[] = [publish("home/+/set"), publish("home/+/+/set")];
const TEMPERATURES: readonly AccessRule[] = [receive("home/temp"), receive("home/+/temp")];

/** Every device; `<id>` is its name. */
const DEVICE: readonly AccessRule[] = [
  publish("home/<id>/status"),
  publish("home/<id>/log"),
  publish("homeassistant/device/<id>/config"),
  receive("homeassistant/status"),
];

/** In addition, by the last level of its own topic, which `<topic>` stands for. */
const DEVICE_KINDS: Readonly<Record<string, readonly AccessRule[]>> = Object.freeze({
  temp: [publish("<topic>")],
  light: [publish("<topic>"), receive("<topic>/set")],
  camera: [publish("<topic>"), publish("<topic>/image")],
});

const PERSON: readonly AccessRule[] = [receive("home/#"), ...COMMANDS];

const SERVICE: Readonly<Record<Service, readonly AccessRule[]>> = Object.freeze({
  analytics: TEMPERATURES,
  alerts: [receive("home/camera"), receive("home/+/camera"), ...TEMPERATURES, receive("home/+/status")],
  "mobile-app": PERSON,
  "home-assistant": [
    receive("home/#"),
    receive("homeassistant/#"),
    ...COMMANDS,
    publish("homeassistant/status"),
  ],
  watcher: [receive("home/#")],
});

// That is the one table. What follows reads it for mosquitto and for the embedded broker.

/** Everything that a member may do; what is not here is forbidden. */
export function rulesOf(member: Member): readonly AccessRule[] {
  if (member.role === "person") return PERSON;
  if (member.role === "service") return SERVICE[member.name];
  const { name: id, topic } = member;
  const rules = DEVICE.map((rule) => ({ ...rule, topicFilter: rule.topicFilter.replace("<id>", id) }));
  for (const own of topicsOf({ id, topic }))
    for (const rule of DEVICE_KINDS[own.slice(own.lastIndexOf("/") + 1)] ?? [])
      rules.push({ ...rule, topicFilter: rule.topicFilter.replace("<topic>", own) });
  return rules;
}

/** Whether a rule allows to publish to this topic. */
export function mayPublish(rules: readonly AccessRule[], topicName: string): boolean {
  return rules.some((rule) => rule.access === "publish" && isMatch(rule.topicFilter, topicName));
}

/** Whether a rule allows to be sent a message of this topic. */
export function mayReceive(rules: readonly AccessRule[], topicName: string): boolean {
  return rules.some((rule) => rule.access === "receive" && isMatch(rule.topicFilter, topicName));
}

/**
 * Whether everything that a subscription could bring is allowed. A shared one (`$share/<group>/<filter>`, MQTT 5.0 section 4.8.2)
 * is judged by its filter.
 */
export function maySubscribe(rules: readonly AccessRule[], topicFilter: string): boolean {
  const wanted = topicFilter.replace(/^\$share\/[^/]+\//, "").split("/");
  return rules.some((rule) => rule.access === "receive" && covers(rule.topicFilter.split("/"), wanted));
}

/** Lines of mosquitto's `acl_file`: whoever is not named in it may do nothing. */
export function mosquittoRules(members: readonly Member[]): string {
  const lines = [
    "# Made by `thimble init`, which writes it again: changes are lost. Who is not named may do nothing.",
  ];
  for (const member of members) {
    lines.push("", `user ${member.name}`);
    for (const { access, topicFilter } of rulesOf(member))
      lines.push(`topic ${access === "publish" ? "write" : "read"} ${topicFilter}`);
  }
  return `${lines.join("\n")}\n`;
}

function isMatch(topicFilter: string, topicName: string): boolean {
  try {
    return matches(topicFilter, topicName);
  } catch {
    return false; // what cannot be encoded is no topic
  }
}

/** Whether every topic that `wanted` matches is matched by `allowed`; both by level. */
function covers(allowed: readonly string[], wanted: readonly string[]): boolean {
  for (const [index, level] of allowed.entries()) {
    if (level === "#") return true;
    const other = wanted[index];
    if (other === undefined || other === "#") return false;
    if (level !== "+" && level !== other) return false;
  }
  return allowed.length === wanted.length;
}
