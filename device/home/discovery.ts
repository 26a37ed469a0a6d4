import type { ComponentDescription, DeviceDescription } from "./description";
import { DISCOVERY, deviceTopicOf, STATUS, type StreamRow, topicOf } from "./topics";
import { VERSION } from "./version";

/** Where Home Assistant looks for devices unless it is told otherwise. */
export const DISCOVERY_PREFIX = "homeassistant";

/** A reading expires when three in turn are missing, and not before a minute: reconnecting takes a while. Seconds. */
const MINIMUM_EXPIRY = 60;
const MISSING_READINGS = 3;

/** A device of the home as Home Assistant is told of it. */
export interface DiscoveredDevice {
  /** `[a-zA-Z0-9_-]`. */
  readonly id: string;
  readonly description: DeviceDescription;
  /** The device's own topic where it is not the only one of its kind. */
  readonly topic: string | undefined;
  /** For people; default the description's. */
  readonly name: string | undefined;
  /** Milliseconds between readings, of devices that have them. */
  readonly interval: number | undefined;
}

/**
 * Where the device announces itself.
 * @param prefix - as Home Assistant's setting `discovery_prefix`
 */
export function discoveryTopicOf(prefix: string, id: string): string {
  return deviceTopicOf(DISCOVERY, id).replace(DISCOVERY_PREFIX, prefix);
}

/** @throws {RangeError} for what cannot be the beginning of a topic, or is one where Home Assistant never looks */
export function assertDiscoveryPrefix(prefix: string): void {
  if (prefix.includes("+") || prefix.includes("#") || prefix.startsWith("/") || prefix.endsWith("/"))
    throw new RangeError(`discovery "${prefix}" has + or #, or begins or ends with /`);
}

/**
 * The device-based discovery message of Home Assistant's MQTT integration, abbreviated: 400 to 700 bytes. XS makes a string for
 * every step of a `+` or a template, but a single one for `concat`, whatever the number of its parts.
 */
export function formatDiscovery(device: DiscoveredDevice): string {
  const { id, description } = device;
  const { components, model } = description;
  const name = JSON.stringify(device.name ?? description.name);
  const status = deviceTopicOf(STATUS, id);
  let list = "";
  for (let index = 0; index < components.length; index += 1) {
    const component = components[index]!;
    const { id: key, platform } = component;
    const members = formatMembers(component, device);
    const isFirst = index === 0;
    // Without a name of its own a component bears the device's.
    const start = isFirst ? '":{"name":null,"p":"' : '":{"p":"';
    const quote = isFirst ? '"' : ',"';
    list = list.concat(quote, key, start, platform, '",', members, '"uniq_id":"', id, "_", key, '"}');
  }
  const origin = `","sw":"${VERSION}"},"o":{"name":"Thimble","sw":"${VERSION}"},"avty_t":"`;
  const maker = ',"mf":"Thimble","mdl":"';
  return '{"dev":{"ids":"'.concat(
    id,
    '","name":',
    name,
    maker,
    model,
    origin,
    status,
    '","cmps":{',
    list,
    "}}",
  );
}

/** What the kind of component has, each member with its comma behind. */
function formatMembers(component: ComponentDescription, { topic, interval }: DiscoveredDevice): string {
  switch (component.platform) {
    case "sensor": {
      const { state, deviceClass, unit, decimals } = component;
      const expiry = interval === undefined ? "" : `"exp_aft":${expiryOf(interval)},`;
      const measured = `"sug_dsp_prc":${decimals},"stat_cla":"measurement","unit_of_meas":"`;
      return formatTopic('"stat_t":', state, topic).concat(
        expiry,
        measured,
        unit,
        '","dev_cla":"',
        deviceClass,
        '",',
      );
    }
    case "light": {
      const command = JSON.stringify(topicOf(component.command, topic));
      const options = ',"schema":"json","brightness":true,"sup_clrm":["brightness"],"flsh":false,';
      return formatTopic('"stat_t":', component.state, topic).concat('"cmd_t":', command, options);
    }
    case "camera":
      return formatTopic('"t":', component.image, topic);
    case "event": {
      const { state, deviceClass, eventType } = component;
      const types = '"evt_typ":["';
      return formatTopic('"stat_t":', state, topic).concat(
        types,
        eventType,
        '"],"dev_cla":"',
        deviceClass,
        '",',
      );
    }
    case "binary_sensor": {
      const { state, deviceClass, eventType, offDelay } = component;
      const value = '"val_tpl":"{{value_json.event_type}}","pl_on":"';
      const delay = `","off_dly":${offDelay},"dev_cla":"`;
      return formatTopic('"stat_t":', state, topic).concat(value, eventType, delay, deviceClass, '",');
    }
  }
}

/** Home Assistant shall subscribe with the QoS that the device publishes with; 0 is what it does anyway. */
function formatTopic(key: string, row: StreamRow, base: string | undefined): string {
  const topic = JSON.stringify(topicOf(row, base));
  return row.QoS > 0 ? key.concat(topic, `,"qos":${row.QoS},`) : key.concat(topic, ",");
}

function expiryOf(interval: number): number {
  return Math.max(MINIMUM_EXPIRY, Math.ceil((interval * MISSING_READINGS) / 1_000));
}
