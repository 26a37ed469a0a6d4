/** What a light says of itself: `{"state":"ON","brightness":128}`. */
export interface LightState {
  readonly on: boolean;
  /** 1 to 255; also while the light is off, when it is what it returns to. */
  readonly brightness: number;
}

/** What a device says on its log topic. */
export interface LogEntry {
  readonly level: string;
  readonly code: number;
  readonly message: string;
}

const COLDEST = -60;
const WARMEST = 160;
const MAXIMUM_BRIGHTNESS = 255;

/** @returns °C; `undefined` for what is no temperature of a home */
export function parseTemperature(text: string): number | undefined {
  if (!/^-?\d+(?:\.\d+)?$/.test(text)) return undefined;
  const celsius = Number(text);
  return celsius >= COLDEST && celsius <= WARMEST ? celsius : undefined;
}

/** @returns `undefined` for what is no state of a light */
export function parseLightState(text: string): LightState | undefined {
  const { state, brightness = MAXIMUM_BRIGHTNESS } = parseObject(text);
  if (state !== "ON" && state !== "OFF") return undefined;
  if (!isInteger(brightness) || brightness < 1 || brightness > MAXIMUM_BRIGHTNESS) return undefined;
  return { on: state === "ON", brightness };
}

/** @returns the event's number; `undefined` for what is no motion */
export function parseMotion(text: string): number | undefined {
  const { event_type, sequence = 0 } = parseObject(text);
  return event_type === "motion" && isInteger(sequence) ? sequence : undefined;
}

/** @returns `undefined` for what is no entry of a log */
export function parseLogEntry(text: string): LogEntry | undefined {
  const { level, code, message } = parseObject(text);
  if (typeof level !== "string" || !isInteger(code) || typeof message !== "string") return undefined;
  return { level, code, message };
}

/** A JPEG file begins so (ITU-T T.81 annex B: SOI and the next marker). */
export function isJPEG(bytes: Uint8Array): boolean {
  return bytes.length > 3 && bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

function isInteger(value: unknown): value is number {
  return Number.isInteger(value);
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
