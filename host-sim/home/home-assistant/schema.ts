import * as v from "valibot";
import { isObject, type JsonObject } from "./expand";
import { VOCABULARY } from "./vocabulary";

// The options of a discovery message, by their full names. Wildcards and lengths of topics: MQTT 5.0 section 4.7.

const MAXIMUM_TOPIC_BYTES = 65_535;

const text = v.string("is not text");
const flag = v.boolean("is not true or false");
const level = v.picklist([0, 1, 2], "is not 0, 1 or 2");
const integer = (minimum: number, message: string) =>
  v.pipe(v.number(message), v.integer(message), v.minValue(minimum, message));
const oneOrMore = (message: string) =>
  v.union([v.pipe(text, v.nonEmpty(message)), v.pipe(v.array(text), v.nonEmpty(message))], message);

const publishTopic = v.pipe(
  text,
  v.nonEmpty("is empty"),
  v.check((topic) => !topic.includes("\0"), "has a character U+0000"),
  v.check((topic) => !/[+#]/.test(topic), "has a wildcard: one cannot publish to it"),
  v.check((topic) => Buffer.byteLength(topic) <= MAXIMUM_TOPIC_BYTES, "is longer than a topic may be"),
);

const subscribeTopic = v.pipe(
  text,
  v.nonEmpty("is empty"),
  v.check((topic) => !topic.includes("\0"), "has a character U+0000"),
  v.check(isTopicFilter, "has a wildcard that is not a level of its own, or # before the end"),
  v.check((topic) => Buffer.byteLength(topic) <= MAXIMUM_TOPIC_BYTES, "is longer than a topic may be"),
);

function isTopicFilter(topic: string): boolean {
  const levels = topic.split("/");
  return levels.every((each, index) => {
    if (each === "#") return index === levels.length - 1;
    return each === "+" || !/[+#]/.test(each);
  });
}

const template = v.pipe(
  text,
  v.check((value) => isBalanced(value, "{{", "}}") && isBalanced(value, "{%", "%}"), "has {{ without }}"),
);

function isBalanced(value: string, open: string, close: string): boolean {
  return value.split(open).length === value.split(close).length;
}

const className = v.pipe(text, v.regex(/^[a-z0-9_]+$/, "is not the name of a class: a-z, 0-9 and _"));
const link = v.pipe(
  text,
  v.regex(/^(https?|homeassistant):\/\//, "is not a link: http, https or homeassistant"),
);

/** Seconds, or like `{"hours": 1}`. */
const interval = v.union(
  [integer(0, "is neither seconds nor hours, minutes and the like"), v.record(text, v.number())],
  "is neither seconds nor hours, minutes and the like",
);

const availabilityEntries = {
  availability: v.optional(
    v.array(
      v.looseObject({
        topic: subscribeTopic,
        payload_available: v.optional(text),
        payload_not_available: v.optional(text),
        value_template: v.optional(template),
      }),
      "is not a list",
    ),
  ),
  availability_mode: v.optional(v.picklist(["all", "any", "latest"], "is not all, any or latest")),
  availability_topic: v.optional(subscribeTopic),
  availability_template: v.optional(template),
  payload_available: v.optional(text),
  payload_not_available: v.optional(text),
};

const sharedEntries = {
  ...availabilityEntries,
  message_expiry_interval: v.optional(interval),
  state_topic: v.optional(subscribeTopic),
  command_topic: v.optional(publishTopic),
  qos: v.optional(level),
  encoding: v.optional(text),
};

export const deviceEntries: v.ObjectEntries = {
  identifiers: v.optional(oneOrMore("is neither text nor a list of texts, or is empty")),
  connections: v.optional(
    v.pipe(
      v.array(v.tuple([text, text], "is not a list of pairs"), "is not a list of pairs"),
      v.nonEmpty("is empty"),
    ),
  ),
  name: v.optional(text),
  manufacturer: v.optional(text),
  model: v.optional(text),
  model_id: v.optional(text),
  hw_version: v.optional(text),
  sw_version: v.optional(text),
  serial_number: v.optional(text),
  suggested_area: v.optional(text),
  configuration_url: v.optional(link),
  via_device: v.optional(text),
};

const deviceSchema = v.pipe(
  v.object(deviceEntries, "is not an object"),
  v.check(
    ({ identifiers, connections }) => identifiers !== undefined || connections !== undefined,
    "has neither identifiers nor connections: nothing says which device it is",
  ),
);

export const originEntries: v.ObjectEntries = {
  name: v.pipe(text, v.nonEmpty("is empty: who sends the message?")),
  sw_version: v.optional(text),
  support_url: v.optional(link),
};

const originSchema = v.object(originEntries, "is not an object");

/** The root of a device's message. */
export const rootEntries: v.ObjectEntries = {
  ...sharedEntries,
  device: deviceSchema,
  origin: originSchema,
  components: v.pipe(
    v.record(v.string(), v.unknown(), "is not an object"),
    v.check((components) => Object.keys(components).length > 0, "is empty"),
  ),
};

/** What every platform has. */
const entityEntries = {
  ...availabilityEntries,
  platform: v.optional(text),
  device: v.optional(deviceSchema),
  origin: v.optional(originSchema),
  unique_id: v.optional(v.pipe(text, v.nonEmpty("is empty"))),
  name: v.optional(v.nullable(text)),
  default_entity_id: v.optional(v.pipe(text, v.regex(/^[a-z_]+\.[a-z0-9_]+$/, "is not like sensor.kitchen"))),
  object_id: v.optional(text),
  enabled_by_default: v.optional(flag),
  visible_by_default: v.optional(flag),
  message_expiry_interval: v.optional(interval),
  entity_category: v.optional(
    v.nullable(v.picklist(["config", "diagnostic"], "is not config or diagnostic")),
  ),
  entity_picture: v.optional(text),
  icon: v.optional(v.pipe(text, v.includes(":", "is not like mdi:lamp"))),
  json_attributes_topic: v.optional(subscribeTopic),
  json_attributes_template: v.optional(template),
  encoding: v.optional(text),
  qos: v.optional(level),
};

const stateEntries = { state_topic: subscribeTopic, value_template: v.optional(template) };
const commandEntries = {
  command_topic: publishTopic,
  retain: v.optional(flag),
  optimistic: v.optional(flag),
};

const COLOR_MODES = ["onoff", "brightness", "color_temp", "hs", "xy", "rgb", "rgbw", "rgbww", "white"];

const positive = integer(1, "is not a whole number of 1 or more");
const notNegative = integer(0, "is not a whole number of 0 or more");

/** The options of the platforms that are known in full. */
const platformEntries: Readonly<Record<string, v.ObjectEntries>> = {
  sensor: {
    ...entityEntries,
    ...stateEntries,
    device_class: v.optional(v.nullable(className)),
    state_class: v.optional(
      v.nullable(
        v.picklist(
          ["measurement", "measurement_angle", "total", "total_increasing"],
          "is not measurement, measurement_angle, total or total_increasing",
        ),
      ),
    ),
    unit_of_measurement: v.optional(v.nullable(text)),
    suggested_display_precision: v.optional(notNegative),
    expire_after: v.optional(notNegative),
    force_update: v.optional(flag),
    last_reset_value_template: v.optional(template),
    options: v.optional(v.array(text, "is not a list of texts")),
  },
  binary_sensor: {
    ...entityEntries,
    ...stateEntries,
    device_class: v.optional(v.nullable(className)),
    expire_after: v.optional(notNegative),
    force_update: v.optional(flag),
    off_delay: v.optional(notNegative),
    payload_on: v.optional(text),
    payload_off: v.optional(text),
  },
  event: {
    ...entityEntries,
    ...stateEntries,
    event_types: oneOrMore("is empty: which events are there?"),
    device_class: v.optional(
      v.nullable(v.picklist(["button", "doorbell", "motion"], "is not button, doorbell or motion")),
    ),
  },
  camera: {
    ...entityEntries,
    topic: subscribeTopic,
    image_encoding: v.optional(v.literal("b64", "is not b64")),
  },
  switch: {
    ...entityEntries,
    ...commandEntries,
    state_topic: v.optional(subscribeTopic),
    value_template: v.optional(template),
    command_template: v.optional(template),
    device_class: v.optional(v.nullable(v.picklist(["outlet", "switch"], "is not outlet or switch"))),
    payload_on: v.optional(text),
    payload_off: v.optional(text),
    state_on: v.optional(text),
    state_off: v.optional(text),
  },
  button: {
    ...entityEntries,
    command_topic: publishTopic,
    retain: v.optional(flag),
    command_template: v.optional(template),
    payload_press: v.optional(text),
    device_class: v.optional(
      v.nullable(v.picklist(["identify", "restart", "update"], "is not identify, restart or update")),
    ),
  },
};

/** A light with `schema: json`; those of the other schemas are known by their vocabulary only. */
const jsonLightEntries: v.ObjectEntries = {
  ...entityEntries,
  ...commandEntries,
  schema: v.literal("json"),
  state_topic: v.optional(subscribeTopic),
  brightness: v.optional(flag),
  brightness_scale: v.optional(positive),
  supported_color_modes: v.optional(
    v.pipe(
      v.array(v.picklist(COLOR_MODES, `is not one of ${COLOR_MODES.join(", ")}`), "is not a list"),
      v.nonEmpty("is empty"),
      v.check((modes) => new Set(modes).size === modes.length, "has a mode twice"),
      v.check(
        (modes) => modes.length === 1 || !modes.some((mode) => mode === "onoff" || mode === "brightness"),
        "has onoff or brightness beside other modes: they stand alone",
      ),
    ),
  ),
  color_temp_kelvin: v.optional(flag),
  effect: v.optional(flag),
  effect_list: v.optional(v.array(text, "is not a list of texts")),
  flash: v.optional(flag),
  flash_time_long: v.optional(positive),
  flash_time_short: v.optional(positive),
  transition: v.optional(flag),
  max_kelvin: v.optional(positive),
  min_kelvin: v.optional(positive),
  max_mireds: v.optional(positive),
  min_mireds: v.optional(positive),
  white_scale: v.optional(positive),
};

/** Of the other platforms: what all have, and no name that no platform has. */
const otherEntries: v.ObjectEntries = {
  ...entityEntries,
  state_topic: v.optional(subscribeTopic),
  command_topic: v.optional(publishTopic),
};

export interface OptionSchema {
  readonly entries: v.ObjectEntries;
  /** Every option that there is. */
  readonly names: ReadonlySet<string>;
}

export function schemaOf(platform: string, component: JsonObject): OptionSchema {
  const entries =
    platform === "light" && component.schema === "json" ? jsonLightEntries : platformEntries[platform];
  if (entries) return { entries, names: new Set(Object.keys(entries)) };
  return { entries: otherEntries, names: VOCABULARY };
}

/** One problem with the options of an object. */
export interface SchemaProblem {
  readonly path: readonly string[];
  readonly message: string;
}

/** What valibot finds; options that are not in `entries` are left to others. */
export function problemsOf(entries: v.ObjectEntries, value: JsonObject): SchemaProblem[] {
  const { issues = [] } = v.safeParse(v.looseObject(entries), value);
  return issues.map((issue) => {
    const path = (issue.path ?? []).map(({ key }) => String(key));
    const message = issue.input === undefined ? "is missing" : `${describe(issue.input)}${issue.message}`;
    return { path, message };
  });
}

function describe(value: unknown): string {
  if (value === undefined || isObject(value) || Array.isArray(value)) return "";
  const shown = JSON.stringify(value);
  return `${shown.length > 60 ? `${shown.slice(0, 60)}...` : shown} `;
}
