import type { LightState } from "./payload";

/** What somebody wants of a lamp; without a brightness: as it was last. */
export interface Wish {
  readonly on: boolean;
  /** 1 to 255 */
  readonly brightness?: number | undefined;
}

/** A command on its way. */
export interface PendingCommand {
  readonly wish: Wish;
  /** Of `ReliableClient.publish`. */
  readonly token: number;
  /** ms since 1970 */
  readonly since: number;
  /** `waiting`: there is no connection, and it is sent as soon as there is; `sent`: the lamp is to answer. */
  readonly stage: "waiting" | "sent";
}

export interface Lamp {
  /** What the lamp itself has said last. */
  readonly confirmed?: LightState | undefined;
  /** When, ms since 1970; `undefined` when the broker had kept it, nobody knows for how long. */
  readonly time?: number | undefined;
  readonly pending?: PendingCommand | undefined;
  /** Why the last command came to nothing. */
  readonly refusal?: string | undefined;
}

/*
 * The life of a command. A lamp is shown as it says it is, never as somebody wishes: a wish is pending until the lamp's own state fulfils
 * it, and is given up, with a reason, when that does not happen.
 */

/** Somebody wants something; a wish that was still pending is forgotten. */
export function commanded(lamp: Lamp, wish: Wish, token: number, connected: boolean, now: number): Lamp {
  const pending: PendingCommand = { wish, token, since: now, stage: connected ? "sent" : "waiting" };
  return { ...lamp, pending, refusal: undefined };
}

/** It cannot be asked at all. */
export function refused(lamp: Lamp, reason: string): Lamp {
  return { ...lamp, pending: undefined, refusal: reason };
}

/** The broker has the command: now it is the lamp's turn. */
export function delivered(lamp: Lamp, token: number): Lamp {
  if (lamp.pending?.token !== token) return lamp;
  return { ...lamp, pending: { ...lamp.pending, stage: "sent" } };
}

/** The command will not be sent. */
export function dropped(lamp: Lamp, token: number, reason: string): Lamp {
  return lamp.pending?.token === token ? refused(lamp, reason) : lamp;
}

/** The lamp tells its state. One that does not fulfil the wish may be from before it, or of somebody else: the wish goes on. */
export function confirmed(lamp: Lamp, state: LightState, time: number | undefined): Lamp {
  const { pending } = lamp;
  if (pending && !isFulfilled(pending.wish, state)) return { ...lamp, confirmed: state, time };
  return { ...lamp, confirmed: state, time, pending: undefined, refusal: undefined };
}

/** Time is up for this command. */
export function lapsed(lamp: Lamp, token: number): Lamp {
  return dropped(lamp, token, "The lamp did not answer. It is shown as it last said it was.");
}

export function isFulfilled({ on, brightness }: Wish, state: LightState): boolean {
  if (on !== state.on) return false;
  return !on || brightness === undefined || brightness === state.brightness;
}

/** As Home Assistant's JSON schema has it. */
export function formatWish({ on, brightness }: Wish): string {
  return JSON.stringify({
    state: on ? "ON" : "OFF",
    ...(on && brightness !== undefined ? { brightness } : {}),
  });
}

/** 1 to 100 */
export function percentOf(brightness: number): number {
  return Math.max(1, Math.round(brightness / 2.55));
}

/** 1 to 255 */
export function brightnessOf(percent: number): number {
  return Math.min(255, Math.max(1, Math.round(percent * 2.55)));
}
