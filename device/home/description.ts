import {
  CAMERA_EVENT,
  CAMERA_IMAGE,
  LIGHT_COMMAND,
  LIGHT_STATE,
  type StreamRow,
  TEMPERATURE,
  type TopicRow,
} from "./topics";

// What each device is: the firmware takes its topics from here, and Home Assistant is told the same (discovery.ts).

/** What every component has. */
interface Description {
  /** Unique in its device; stands in Home Assistant's unique id, so it never changes. `[a-z_]`. */
  readonly id: string;
}

/** A number that is measured. */
export interface SensorDescription extends Description {
  readonly platform: "sensor";
  readonly state: TopicRow;
  readonly deviceClass: "temperature";
  readonly unit: "°C";
  /** Digits after the point. */
  readonly decimals: number;
}

/** A light with Home Assistant's JSON schema and brightness 1 to 255. */
export interface LightDescription extends Description {
  readonly platform: "light";
  readonly state: TopicRow;
  readonly command: TopicRow;
}

/** The last picture, a raw JPEG. */
export interface CameraDescription extends Description {
  readonly platform: "camera";
  readonly image: StreamRow;
}

/** Something that happens, `{"event_type":"motion",...}`. */
export interface EventDescription extends Description {
  readonly platform: "event";
  readonly state: TopicRow;
  readonly deviceClass: "motion";
  readonly eventType: string;
}

/** The same as a state: on with the event, off by itself. */
export interface BinarySensorDescription extends Description {
  readonly platform: "binary_sensor";
  readonly state: TopicRow;
  readonly deviceClass: "motion";
  readonly eventType: string;
  /** Seconds from the last event until it is off. */
  readonly offDelay: number;
}

export type ComponentDescription =
  | SensorDescription
  | LightDescription
  | CameraDescription
  | EventDescription
  | BinarySensorDescription;

export interface DeviceDescription {
  /** For people, where the settings give no other. */
  readonly name: string;
  readonly model: string;
  /** The first is what the device is for: it bears the device's name. */
  readonly components: readonly ComponentDescription[];
}

export const TEMPERATURE_READING: SensorDescription = Object.freeze({
  id: "temperature",
  platform: "sensor",
  state: TEMPERATURE,
  deviceClass: "temperature",
  unit: "°C",
  decimals: 1,
});

export const TEMPERATURE_SENSOR: DeviceDescription = Object.freeze({
  name: "Temperature Sensor",
  model: "TMP117 thermometer",
  components: Object.freeze([TEMPERATURE_READING]),
});

export const LAMP: LightDescription = Object.freeze({
  id: "light",
  platform: "light",
  state: LIGHT_STATE,
  command: LIGHT_COMMAND,
});

export const SMART_LIGHT: DeviceDescription = Object.freeze({
  name: "Smart Light",
  model: "PWM lamp",
  components: Object.freeze([LAMP]),
});

export const PICTURE: CameraDescription = Object.freeze({
  id: "picture",
  platform: "camera",
  image: CAMERA_IMAGE,
});

export const MOTION_EVENT: EventDescription = Object.freeze({
  id: "motion_event",
  platform: "event",
  state: CAMERA_EVENT,
  deviceClass: "motion",
  eventType: "motion",
});

/** Longer than a PIR's hold time: who stays in sight keeps it on. */
const MOTION_OFF_DELAY = 30;

export const MOTION: BinarySensorDescription = Object.freeze({
  id: "motion",
  platform: "binary_sensor",
  state: CAMERA_EVENT,
  deviceClass: "motion",
  eventType: MOTION_EVENT.eventType,
  offDelay: MOTION_OFF_DELAY,
});

export const SECURITY_CAMERA: DeviceDescription = Object.freeze({
  name: "Security Camera",
  model: "Camera with PIR",
  components: Object.freeze([PICTURE, MOTION_EVENT, MOTION]),
});
