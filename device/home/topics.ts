import type {
  DEADLINE as ClientDeadline,
  LATEST as ClientLatest,
  MUST as ClientMust,
  Delivery,
} from "../client/delivery";

// Their values, checked against the client's by the compiler: this layer imports only types from there.
const LATEST: typeof ClientLatest = 0;
const DEADLINE: typeof ClientDeadline = 1;
const MUST: typeof ClientMust = 2;

/** A row of the table: a topic whose messages are streamed. */
export interface StreamRow {
  /** The topic where one such device is in the home; `<id>` stands for the device id. */
  readonly topic: string;
  /** What follows the device's own topic where several are in the home (`home/livingroom/light` + `/set`). */
  readonly suffix: string;
  readonly QoS: 0 | 1 | 2;
  readonly retain: boolean;
}

/** A row of the table. It has the shape of the options of `ReliableClient.publish`, so that publishing allocates none. */
export interface TopicRow extends StreamRow {
  /** What becomes of a message that cannot be sent now. */
  readonly delivery: Delivery;
  /** Milliseconds for which a DEADLINE message is worth sending. */
  readonly deadline?: number;
}

// The one table of topics. Every device, every service and every test takes them from here.

/** Plain number, °C, one decimal: `21.5`. */
export const TEMPERATURE: TopicRow = Object.freeze({
  topic: "home/temp",
  suffix: "",
  QoS: 1,
  retain: true,
  delivery: LATEST,
});

/** Home Assistant JSON light: `{"state":"ON","brightness":128}`. Sent again after every connect, so an old one may lapse. */
export const LIGHT_STATE: TopicRow = Object.freeze({
  topic: "home/light",
  suffix: "",
  QoS: 1,
  retain: true,
  delivery: DEADLINE,
  deadline: 10_000,
});

/** Commands to the light: published by others, never retained. */
export const LIGHT_COMMAND: TopicRow = Object.freeze({
  topic: "home/light/set",
  suffix: "/set",
  QoS: 1,
  retain: false,
  delivery: DEADLINE,
  deadline: 10_000,
});

/** Home Assistant event: `{"event_type":"motion","boot":11209936,"sequence":1}`. Not retained: retained events are ignored there. */
export const CAMERA_EVENT: TopicRow = Object.freeze({
  topic: "home/camera",
  suffix: "",
  QoS: 2,
  retain: false,
  delivery: MUST,
});

/**
 * Raw JPEG, streamed from the camera's memory and never stored, so QoS 0: there is nothing left to send again. Not
 * retained: a broker keeps no pictures of a home.
 */
export const CAMERA_IMAGE: StreamRow = Object.freeze({
  topic: "home/camera/image",
  suffix: "/image",
  QoS: 0,
  retain: false,
});

/** `online`, and `offline` both as the will and before a clean disconnect: same topic, QoS and retain, or devices stick. */
export const STATUS: TopicRow = Object.freeze({
  topic: "home/<id>/status",
  suffix: "",
  QoS: 1,
  retain: true,
  delivery: LATEST,
});

/** Refusals and errors: `{"level":"error","code":410,"message":"..."}`. */
export const LOG: TopicRow = Object.freeze({
  topic: "home/<id>/log",
  suffix: "",
  QoS: 0,
  retain: false,
  delivery: DEADLINE,
  deadline: 60_000,
});

/** Home Assistant's discovery, see discovery.ts: what the device is, retained, so that it is known after a restart. */
export const DISCOVERY: TopicRow = Object.freeze({
  topic: "homeassistant/device/<id>/config",
  suffix: "",
  QoS: 1,
  retain: true,
  delivery: LATEST,
});

/**
 * `online` when Home Assistant has started: published by it, and not kept. The topic is a setting of its own there, which does
 * not follow the discovery prefix. QoS 0: what was missed while offline does not matter, every connect announces the device.
 */
export const HOME_ASSISTANT_STATUS: StreamRow = Object.freeze({
  topic: "homeassistant/status",
  suffix: "",
  QoS: 0,
  retain: false,
});

/**
 * The topic of one device.
 * @param base - the device's own topic (`home/livingroom/light`), where it is not the only one of its kind
 */
export function topicOf(row: StreamRow, base: string | undefined): string {
  return base === undefined ? row.topic : base + row.suffix;
}

/** A topic of the rows with `<id>`, for the device `id`. */
export function deviceTopicOf(row: TopicRow, id: string): string {
  return row.topic.replace("<id>", id);
}
