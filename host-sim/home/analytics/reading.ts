/** Why a message did not become a reading; each is counted and shown. */
export type Refusal = "not a number" | "out of range" | "clock" | "too many devices" | "topic";

/** What the table of incidents keeps: refusals, redeliveries recognised as such, and jumps of this machine's clock. */
export type IncidentKind = Refusal | "duplicate" | "clock jump";

/** One temperature at one time. */
export interface Reading {
  /** Number of the device in this file, 1 to 65,535. */
  readonly device: number;
  /** µs since 1970, UTC; per device strictly ascending, so that (device, time) names one reading. */
  readonly time: bigint;
  /** °C */
  readonly value: number;
  /** MQTT's Packet Identifier, 1 to 65,535; null at QoS 0. By it a redelivery is recognised. */
  readonly packet: number | null;
}

export interface Incident {
  /** µs since 1970, UTC, as this machine's clock said. */
  readonly time: bigint;
  readonly kind: IncidentKind;
  readonly topic: string | null;
  /** For people: the payload, cut, or by how much the clock jumped. */
  readonly detail: string;
  readonly packet: number | null;
}

/** What a house's only sensor is called: the device id that its firmware has by default. */
export const ONLY_SENSOR = "temperature-sensor";

/** Topic Filters of all temperatures: one sensor in the home, or one a room or id. */
export const TOPIC_FILTERS: readonly string[] = Object.freeze(["home/temp", "home/+/temp"]);

/** Longer names are no room's and no device's; nor are those that a spreadsheet would take for a formula. */
const NAME = /^[\p{L}\p{N}_][\p{L}\p{N}_ .:-]{0,63}$/u;

/** Longer texts are no number of a sensor's. */
const LONGEST_NUMBER = 32;

/** What an incident keeps of a payload, characters. */
const LONGEST_DETAIL = 80;

/**
 * The device that publishes on a topic: `home/temp` is `temperature-sensor`'s, `home/<room or id>/temp` that room's or id's.
 * @returns undefined for every other topic
 */
export function deviceOf(topic: string): string | undefined {
  if (topic === "home/temp") return ONLY_SENSOR;
  const name = /^home\/([^/]+)\/temp$/.exec(topic)?.[1];
  return name !== undefined && NAME.test(name) ? name : undefined;
}

/**
 * Reads a payload that is one decimal number (`21.5`), in ASCII, with white space around it or none.
 * @returns undefined for everything else: empty, `NaN`, `21,5`, `0x15`, `21.5 °C`, JSON
 */
export function parseTemperature(payload: Uint8Array): number | undefined {
  if (payload.byteLength > LONGEST_NUMBER) return undefined;
  const text = textOf(payload).trim();
  if (!/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,3})?$/.test(text)) return undefined;
  const value = Number(text);
  if (!Number.isFinite(value)) return undefined;
  return value === 0 ? 0 : value; // -0 is 0
}

/** A payload for people: what cannot be printed is escaped, what is long is cut. */
export function describePayload(payload: Uint8Array): string {
  const text = textOf(payload.subarray(0, LONGEST_DETAIL + 1)).replace(/[^\x20-\x7e]/g, (character) => {
    return `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`;
  });
  return text.length > LONGEST_DETAIL ? `${text.slice(0, LONGEST_DETAIL - 1)}…` : text;
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}
