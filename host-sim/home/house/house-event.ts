import { formatSeconds } from "../duration";

/** What happens in a house, in the order in which it happens; `time` is ms since its start. */
export type HouseEvent =
  | {
      readonly time: number;
      readonly event: "started";
      readonly broker: string;
      readonly webSocket?: string;
      /** Address of the app. */
      readonly app?: string;
      readonly devices: readonly string[];
    }
  /** `reconnects` is 0 the first time. */
  | {
      readonly time: number;
      readonly event: "connected";
      readonly device: string;
      readonly reconnects: number;
    }
  | {
      readonly time: number;
      readonly event: "disconnected";
      readonly device: string;
      readonly reason: string;
    }
  /** A device has put a message on the wire. */
  | ({ readonly time: number; readonly event: "published"; readonly device: string } & Message)
  /** The independent subscriber has received a message. */
  | ({ readonly time: number; readonly event: "received" } & Message)
  | {
      readonly time: number;
      readonly event: "trace" | "error";
      readonly device: string;
      readonly text: string;
    }
  /** A step of the scenario, or something that the visitor does. */
  | { readonly time: number; readonly event: "step" | "visitor"; readonly text: string }
  | { readonly time: number; readonly event: "watcher"; readonly connected: boolean }
  /** Trends or alerts cannot work; the house goes on without. */
  | { readonly time: number; readonly event: "service"; readonly service: string; readonly text: string }
  | ({ readonly time: number; readonly event: "lost"; readonly device: string } & Message)
  | { readonly time: number; readonly event: "stopped"; readonly received: number; readonly lost: number };

export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly QoS: number;
  readonly retain: boolean;
}

/** One line of JSON: text payloads as `payload`, others by their `byteLength`. */
export function eventJSON(event: HouseEvent): string {
  const { payload, ...rest } = event as HouseEvent & { payload?: Uint8Array };
  const time = Math.round(event.time);
  if (payload === undefined) return JSON.stringify({ ...rest, time });
  const text = payloadText(payload);
  return JSON.stringify({
    ...rest,
    time,
    ...(text === undefined ? { byteLength: payload.byteLength } : { payload: text }),
  });
}

/** One line for a person, or `undefined` for what would only repeat another line. */
export function eventLine(event: HouseEvent): string | undefined {
  const words = describe(event);
  return words === undefined ? undefined : `${formatSeconds(event.time).padStart(10)}  ${words}`;
}

function describe(event: HouseEvent): string | undefined {
  switch (event.event) {
    case "connected":
      return `${event.device}  connected${event.reconnects > 0 ? ` again (${event.reconnects})` : ""}`;
    case "disconnected":
      return `${event.device}  disconnected: ${event.reason}`;
    case "published":
      return `${event.device}  ${event.topic}  ${describePayload(event.payload)}`;
    case "trace":
      return `${event.device}  ${event.text}`;
    case "error":
      return `${event.device}  error: ${event.text}`;
    case "step":
    case "visitor":
      return `${event.event === "step" ? "scenario" : "visitor"}  ${event.text}`;
    case "lost":
      return `lost: ${event.device}  ${event.topic}  ${describePayload(event.payload)}`;
    case "service":
      return `${event.service}  ${event.text}`;
    case "watcher":
      return `subscriber  ${event.connected ? "connected" : "disconnected"}`;
    case "stopped":
      return `stopped: ${event.received} messages received, ${event.lost} lost`;
    default:
      return undefined;
  }
}

/** Entries of a device's log are shorter, Home Assistant's discovery is longer; bytes. */
const LONGEST_TEXT = 300;

/** A payload for people: its text on one line, or its size. */
export function describePayload(payload: Uint8Array): string {
  return payloadText(payload) ?? `<${payload.byteLength.toLocaleString("en")} bytes>`;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** `undefined` for what is not UTF-8, holds control characters, or is longer than people read. */
function payloadText(payload: Uint8Array): string | undefined {
  if (payload.byteLength > LONGEST_TEXT) return undefined;
  try {
    const text = decoder.decode(payload);
    return /\p{Cc}/u.test(text) ? undefined : text;
  } catch {
    return undefined;
  }
}
