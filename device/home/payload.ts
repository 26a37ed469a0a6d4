import { MOTION_EVENT } from "./description";

/** Longest transition, seconds. */
const MAXIMUM_TRANSITION = 3_600;
const MAXIMUM_BRIGHTNESS = 255;
/** Characters of a refused value that its message repeats. */
const QUOTED_CHARACTERS = 40;

export type LogLevel = "error" | "warning" | "info";

/** A command to a light, Home Assistant's JSON schema. */
export interface LightCommand {
  readonly on: boolean;
  /** 1 to 255; `undefined`: as it was last. */
  readonly brightness: number | undefined;
  /** Milliseconds; `undefined`: the light's own. */
  readonly transition: number | undefined;
}

/**
 * A temperature with one decimal, halves away from zero, never `-0.0`. Integers only: `toFixed` rounds ties
 * differently on XS and on Node.
 * @param celsius - a finite number
 */
export function formatTemperature(celsius: number): string {
  const tenths = Math.round(Math.abs(celsius) * 10);
  const sign = celsius < 0 && tenths > 0 ? "-" : "";
  return `${sign}${Math.floor(tenths / 10)}.${tenths % 10}`;
}

/** @param brightness - 1 to 255; also while the light is off, when it is what `ON` returns to */
export function formatLightState(on: boolean, brightness: number): string {
  return `{"state":"${on ? "ON" : "OFF"}","brightness":${brightness}}`;
}

/**
 * @param boot - a number of the device's start, so that no other event has both the same
 * @param sequence - counts from 1 since the device started
 */
export function formatMotionEvent(boot: number, sequence: number): string {
  return `{"event_type":"${MOTION_EVENT.eventType}","boot":${boot},"sequence":${sequence}}`;
}

export function formatLogEntry(level: LogLevel, code: number, message: string): string {
  return JSON.stringify({ level, code, message });
}

/**
 * Reads a light command. `state` is required, `"ON"` or `"OFF"`; `brightness` is an integer from 1 to 255, and 0 is
 * ignored, as Home Assistant does; `transition` is 0 to 3,600 seconds. Other keys are tolerated: Home Assistant adds
 * keys over the years, and a light that does not know one does the rest.
 * @param payload - UTF-8
 * @returns the command, or why it is refused, naming the value and the limit
 */
export function parseLightCommand(payload: Uint8Array): LightCommand | string {
  const text = textOf(payload);
  if (text === undefined) return `the command, ${payload.byteLength} bytes, is not UTF-8`;
  let command: unknown;
  try {
    command = JSON.parse(text);
  } catch {
    return `the command ${quote(text)} is not JSON`;
  }
  if (typeof command !== "object" || command === null || Array.isArray(command))
    return `the command ${quote(text)} is not a JSON object`;
  return readLightCommand(command);
}

/**
 * A payload as text.
 * @param payload - as the client gives it, valid during the call
 * @returns `undefined` for what is not UTF-8
 */
export function textOf(payload: Uint8Array): string | undefined {
  try {
    // A copy: XS takes whole ArrayBuffers only, and the payload is a view on the client's buffer.
    return String.fromArrayBuffer(payload.slice().buffer);
  } catch {
    return undefined;
  }
}

function readLightCommand({
  state,
  brightness,
  transition,
}: {
  state?: unknown;
  brightness?: unknown;
  transition?: unknown;
}): LightCommand | string {
  if (state === undefined) return 'state is missing, "ON" or "OFF" is required';
  if (state !== "ON" && state !== "OFF") return `state ${describe(state)} is not "ON" or "OFF"`;
  if (brightness !== undefined && !isIntegerUpTo(brightness, MAXIMUM_BRIGHTNESS))
    return `brightness ${describe(brightness)} is not an integer from 1 to ${MAXIMUM_BRIGHTNESS}`;
  if (transition !== undefined && !isNumberUpTo(transition, MAXIMUM_TRANSITION))
    return `transition ${describe(transition)} is not a number of seconds from 0 to ${MAXIMUM_TRANSITION}`;
  return {
    on: state === "ON",
    brightness: brightness === 0 ? undefined : brightness,
    transition: transition === undefined ? undefined : transition * 1_000,
  };
}

function isNumberUpTo(value: unknown, maximum: number): value is number {
  return typeof value === "number" && value >= 0 && value <= maximum;
}

function isIntegerUpTo(value: unknown, maximum: number): value is number {
  return isNumberUpTo(value, maximum) && value === Math.trunc(value);
}

function describe(value: unknown): string {
  return shorten(JSON.stringify(value));
}

function quote(text: string): string {
  return `"${shorten(text)}"`;
}

function shorten(text: string): string {
  return text.length > QUOTED_CHARACTERS ? `${text.slice(0, QUOTED_CHARACTERS)}...` : text;
}
