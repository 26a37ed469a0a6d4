/** What a camera's message says. */
export interface MotionEvent {
  /** Counts from 1 since the camera started; `undefined` where it does not say. */
  readonly sequence: number | undefined;
  /** Recognises the event when it comes again; `undefined` when nothing in it does. */
  readonly key: string | undefined;
  /** Whether `key` is never used again, not even after the camera has started anew. */
  readonly isUnique: boolean;
}

/** A camera's event is some dozens of bytes; what is longer is not read. */
const MAXIMUM_BYTES = 4_096;
/** Absolute, °C: nothing in a home. */
const ABSURD_TEMPERATURE = 1_000;

/**
 * Reads `{"event_type":"motion","sequence":7}`, and where a camera sends them `boot` (a number made at its start) or `time`.
 * @returns the event, or why it is none
 */
export function readMotionEvent(payload: Uint8Array): MotionEvent | string {
  if (payload.length > MAXIMUM_BYTES) return `${payload.length} bytes are more than ${MAXIMUM_BYTES}`;
  let event: unknown;
  try {
    event = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(payload));
  } catch {
    return "it is not JSON";
  }
  if (typeof event !== "object" || event === null || Array.isArray(event)) return "it is not a JSON object";
  const { event_type, sequence, boot, time } = event as { [name: string]: unknown };
  if (event_type !== "motion") return `event_type ${shorten(event_type)} is not "motion"`;
  const counted =
    Number.isSafeInteger(sequence) && (sequence as number) >= 0 ? (sequence as number) : undefined;
  const when = identifying(boot) ?? identifying(time);
  return {
    sequence: counted,
    key: when === undefined ? counted?.toString() : `${when}/${counted ?? ""}`,
    isUnique: when !== undefined,
  };
}

function identifying(value: unknown): string | undefined {
  if (typeof value === "number" && Number.isFinite(value)) return String(value);
  return typeof value === "string" && value !== "" && value.length <= 64 ? value : undefined;
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? "(missing)";
  return text.length > 40 ? `${text.slice(0, 40)}...` : text;
}

/** @returns °C; `undefined` for what is no temperature */
export function readTemperature(payload: Uint8Array): number | undefined {
  const text = Buffer.from(payload).toString("latin1").trim();
  if (!/^[-+]?\d{1,6}(?:\.\d{1,9})?$/.test(text)) return undefined;
  const celsius = Number(text);
  return Math.abs(celsius) < ABSURD_TEMPERATURE ? celsius : undefined;
}

/** What a topic is about. */
export type Subject =
  | { readonly kind: "camera"; readonly device: string }
  | { readonly kind: "temperature"; readonly device: string }
  | { readonly kind: "status"; readonly device: string };

/**
 * `home/camera`, `home/<id>/camera`, `home/temp`, `home/<id>/temp`, `home/<id>/status`.
 * @returns `undefined` for others, and for an id that nobody could read: over 64 characters, or with control characters
 */
export function readTopic(topic: string): Subject | undefined {
  if (topic === "home/camera") return { kind: "camera", device: "camera" };
  if (topic === "home/temp") return { kind: "temperature", device: "thermometer" };
  const [, device, last] = /^home\/([^/\p{Cc}]{1,64})\/(camera|temp|status)$/u.exec(topic) ?? [];
  if (device === undefined) return undefined;
  if (last === "camera") return { kind: "camera", device };
  return { kind: last === "temp" ? "temperature" : "status", device };
}
