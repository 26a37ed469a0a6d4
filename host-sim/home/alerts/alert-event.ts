import type { AlertKind } from "./record";

/** What the service tells of itself. `time`: ms since 1970; `to`: a host, never an address. */
export type AlertEvent = { readonly time: number } & (
  | {
      readonly event: "started";
      readonly broker: string;
      readonly subscriptions: number;
      /** Deliveries that were not finished when the service ended. */
      readonly waiting: number;
      /** Bytes of a commit that a kill had torn; it had not been acknowledged. */
      readonly tornBytes?: number;
    }
  | { readonly event: "connected" }
  | { readonly event: "disconnected"; readonly reason: string }
  | {
      readonly event: "raised";
      readonly id: string;
      readonly kind: AlertKind;
      readonly device: string;
      readonly title: string;
      /** How many are told. */
      readonly targets: number;
      readonly sequence?: number;
    }
  | {
      readonly event: "suppressed";
      readonly id: string;
      readonly kind: AlertKind;
      readonly device: string;
      readonly rule: string;
      readonly sequence?: number;
    }
  | {
      readonly event: "sent";
      readonly id: string;
      readonly to: string;
      readonly attempts: number;
      /** From raised to sent, ms. */
      readonly latency: number;
    }
  | {
      readonly event: "retry";
      readonly id: string;
      readonly to: string;
      readonly attempts: number;
      readonly reason: string;
      /** ms */
      readonly in: number;
    }
  | { readonly event: "failed"; readonly id: string; readonly to: string; readonly reason: string }
  /** A motion event that had arrived already. */
  | { readonly event: "duplicate"; readonly topic: string; readonly sequence?: number }
  /** A message that is no event. */
  | { readonly event: "refused"; readonly topic: string; readonly reason: string }
  | { readonly event: "subscribed"; readonly to: string; readonly member?: string }
  | { readonly event: "unsubscribed"; readonly to: string; readonly reason: string }
  | { readonly event: "error"; readonly message: string }
  | { readonly event: "stopped"; readonly waiting: number }
);

const WIDTH = 80;

/** One event as a line of at most 80 columns: local time, what, of what. What strangers sent cannot control the terminal. */
export function alertEventLine(event: AlertEvent): string {
  const line = `${clockTime(event.time)}  ${event.event.padEnd(12)}  ${describe(event)}`.trimEnd();
  return shorten(line.replace(/\p{Cc}/gu, "?"));
}

function shorten(line: string): string {
  return line.length > WIDTH ? `${line.slice(0, WIDTH - 3)}...` : line;
}

function describe(event: AlertEvent): string {
  switch (event.event) {
    case "started":
      return `${event.broker}, ${count(event.subscriptions, "phone")}, ${event.waiting} waiting`;
    case "raised":
      return `${short(event.id)}  ${event.title}, ${count(event.targets, "target")}`;
    case "suppressed":
      return `${short(event.id)}  ${event.kind} ${event.device}: ${event.rule}`;
    case "sent":
      return `${short(event.id)}  ${event.to}, ${formatLatency(event.latency)}${tries(event.attempts)}`;
    case "retry":
      return `${short(event.id)}  ${event.to}: ${event.reason}, in ${formatLatency(event.in)}`;
    case "failed":
      return `${short(event.id)}  ${event.to}: ${event.reason}`;
    case "duplicate":
      return `${event.topic} ${event.sequence ?? ""}`;
    case "refused":
      return `${event.topic}: ${event.reason}`;
    case "subscribed":
      return event.member === undefined ? event.to : `${event.member}: ${event.to}`;
    case "unsubscribed":
      return `${event.to}: ${event.reason}`;
    case "disconnected":
      return event.reason;
    case "error":
      return event.message;
    case "stopped":
      return `${event.waiting} waiting`;
    case "connected":
      return "";
  }
}

function clockTime(time: number): string {
  const date = new Date(time);
  const pad = (value: number, width = 2): string => String(value).padStart(width, "0");
  const { 0: hours, 1: minutes, 2: seconds } = [date.getHours(), date.getMinutes(), date.getSeconds()];
  return `${pad(hours!)}:${pad(minutes!)}:${pad(seconds!)}.${pad(date.getMilliseconds(), 3)}`;
}

/** Enough of an id to find it again. */
function short(id: string): string {
  return id.slice(0, 8);
}

function count(number: number, what: string): string {
  return `${number} ${what}${number === 1 ? "" : "s"}`;
}

function tries(attempts: number): string {
  return attempts > 1 ? `, try ${attempts}` : "";
}

function formatLatency(milliseconds: number): string {
  if (milliseconds < 1_000) return `${Math.round(milliseconds)} ms`;
  if (milliseconds < 120_000) return `${(milliseconds / 1_000).toFixed(1)} s`;
  return `${Math.round(milliseconds / 60_000)} min`;
}
