import { type History, withHistory, withMotions } from "./history";
import { confirmed, type Lamp, refused } from "./lamp";
import type { Motion } from "./motion";
import { isJPEG, parseLightState, parseLogEntry, parseMotion, parseTemperature } from "./payload";
import { addGap, addReading, type Point } from "./series";

export interface Temperature {
  readonly celsius: number;
  /** ms since 1970; `undefined` when the broker had kept it, nobody knows for how long. */
  readonly time: number | undefined;
  readonly series: readonly Point[];
}

export interface Picture {
  readonly bytes: Uint8Array;
  readonly time: number;
}

export interface Availability {
  readonly online: boolean;
  readonly time: number;
}

/** `connecting`: for the first time; `disconnected`: was connected, and tries again. */
export type ConnectionStatus = "connecting" | "connected" | "disconnected";

/** All that the page shows. Keys of the maps are topics, as `home/temp` or `home/livingroom/temp`; of `devices` device ids. */
export interface HouseState {
  readonly connection: { readonly status: ConnectionStatus; readonly since: number };
  readonly temperatures: Readonly<Record<string, Temperature>>;
  readonly lamps: Readonly<Record<string, Lamp>>;
  readonly pictures: Readonly<Record<string, Picture>>;
  /** The newest first. */
  readonly motions: readonly Motion[];
  readonly devices: Readonly<Record<string, Availability>>;
}

/** A message as the client gives it. */
export interface Message {
  readonly topic: string;
  readonly payload: Uint8Array;
  /** A copy that the broker kept. */
  readonly retain: boolean;
}

export const MAXIMUM_MOTIONS = 50;
/** Codes of device/home/log-code.ts: a command was refused. */
const COMMAND_REFUSED = 410;

export function emptyState(now: number): HouseState {
  return {
    connection: { status: "connecting", since: now },
    temperatures: {},
    lamps: {},
    pictures: {},
    motions: [],
    devices: {},
  };
}

/** The state after a message. What makes no sense changes nothing: the broker may carry anything. */
export function received(state: HouseState, message: Message, now: number): HouseState {
  const { topic, payload } = message;
  const parts = topic.split("/");
  const kind = parts.at(-1);
  if (kind === "image") return receivedPicture(state, parts.slice(0, -1).join("/"), payload, now);
  const text = decode(payload);
  if (text === undefined) return state;
  if (kind === "temp") return receivedTemperature(state, message, text, now);
  if (kind === "light") return receivedLight(state, message, text, now);
  if (kind === "camera") return receivedMotion(state, message, text, now);
  if (kind === "status") return receivedStatus(state, parts.at(-2) ?? "", text, now);
  return kind === "log" ? receivedLog(state, parts.at(-2) ?? "", text) : state;
}

/** The connection has come or gone. */
export function connectionChanged(state: HouseState, status: ConnectionStatus, now: number): HouseState {
  if (state.connection.status === status) return state;
  const connection = { status, since: now };
  if (status === "connected") return { ...state, connection };
  const temperatures = Object.entries(state.temperatures).map(
    ([topic, temperature]) => [topic, { ...temperature, series: addGap(temperature.series) }] as const,
  );
  return { ...state, connection, temperatures: Object.fromEntries(temperatures) };
}

/** The state with what the trends know of the time before the connection. */
export function historyKnown(state: HouseState, history: History): HouseState {
  let { temperatures } = state;
  for (const [topic, points] of history) {
    const last = points.at(-1);
    if (!last || last[1] === null) continue;
    const [time, celsius] = last;
    const known = temperatures[topic] ?? { celsius, time, series: [] };
    const series = withHistory(known.series, points, state.connection.since);
    // The broker does not say when it was told what it has kept; the trends do.
    const isKept = known.time === undefined && known.celsius === celsius;
    temperatures = { ...temperatures, [topic]: { ...known, series, time: isKept ? time : known.time } };
  }
  return temperatures === state.temperatures ? state : { ...state, temperatures };
}

/** The state with the motion that the alerts know of. */
export function motionsKnown(state: HouseState, others: readonly Motion[]): HouseState {
  const motions = withMotions(state.motions, others);
  return motions === state.motions ? state : { ...state, motions: motions.slice(0, MAXIMUM_MOTIONS) };
}

/** The state with one lamp changed. */
export function withLamp(state: HouseState, topic: string, change: (lamp: Lamp) => Lamp): HouseState {
  return { ...state, lamps: { ...state.lamps, [topic]: change(state.lamps[topic] ?? {}) } };
}

/** The room of `home/livingroom/temp`; `undefined` where there is only one. */
export function roomOf(topic: string): string | undefined {
  const parts = topic.split("/");
  return parts.length > 2 ? parts.slice(1, -1).join(" ") : undefined;
}

/** The device that the one lamp of a home is; of several only they know themselves which they are. */
export function lampDeviceOf(topic: string): string | undefined {
  return topic === "home/light" ? "smart-light" : undefined;
}

function receivedTemperature(state: HouseState, message: Message, text: string, now: number): HouseState {
  const celsius = parseTemperature(text);
  if (celsius === undefined) return state;
  const { topic, retain } = message;
  const known = state.temperatures[topic];
  const series = known?.series ?? [];
  const temperature: Temperature = retain
    ? { celsius, series, time: known?.celsius === celsius ? known.time : undefined }
    : { celsius, time: now, series: addReading(series, now, celsius) };
  return { ...state, temperatures: { ...state.temperatures, [topic]: temperature } };
}

function receivedLight(state: HouseState, { topic, retain }: Message, text: string, now: number): HouseState {
  const light = parseLightState(text);
  if (!light) return state;
  return withLamp(state, topic, (lamp) => {
    const isSame = lamp.confirmed?.on === light.on && lamp.confirmed.brightness === light.brightness;
    return confirmed(lamp, light, retain ? (isSame ? lamp.time : undefined) : now);
  });
}

function receivedMotion(
  state: HouseState,
  { topic, retain }: Message,
  text: string,
  now: number,
): HouseState {
  const sequence = parseMotion(text);
  // One that the broker kept is not of now; nobody should have retained it.
  if (sequence === undefined || retain) return state;
  const motions = [{ camera: topic, time: now, sequence }, ...state.motions].slice(0, MAXIMUM_MOTIONS);
  return { ...state, motions };
}

function receivedPicture(state: HouseState, camera: string, payload: Uint8Array, now: number): HouseState {
  if (!isJPEG(payload)) return state;
  // The payload is the client's.
  const picture: Picture = { bytes: payload.slice(), time: now };
  return { ...state, pictures: { ...state.pictures, [camera]: picture } };
}

function receivedStatus(state: HouseState, device: string, text: string, now: number): HouseState {
  if (text === "") {
    const { [device]: _removed, ...devices } = state.devices;
    return { ...state, devices };
  }
  if (text !== "online" && text !== "offline") return state;
  const online = text === "online";
  const known = state.devices[device];
  if (known?.online === online) return state;
  return { ...state, devices: { ...state.devices, [device]: { online, time: now } } };
}

/** A lamp tells on its log why it did not do what it was asked. */
function receivedLog(state: HouseState, device: string, text: string): HouseState {
  const entry = parseLogEntry(text);
  if (entry?.code !== COMMAND_REFUSED) return state;
  let next = state;
  for (const [topic, { pending }] of Object.entries(state.lamps))
    if (pending && (lampDeviceOf(topic) ?? device) === device)
      next = withLamp(next, topic, (lamp) => refused(lamp, `The lamp says: ${entry.message}`));
  return next;
}

interface Decoder {
  decode(bytes: Uint8Array): string;
}

function decode(payload: Uint8Array): string | undefined {
  const { TextDecoder } = globalThis as unknown as {
    TextDecoder: new (label: string, options: { fatal: boolean }) => Decoder;
  };
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(payload);
  } catch {
    return undefined;
  }
}
