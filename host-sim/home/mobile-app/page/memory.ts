import type { HouseState, Picture } from "./house-state";
import type { SessionInfo } from "./session";

/*
 * What the phone keeps of a house for the time without a connection: the last values and when they were heard, never a credential.
 * Signing out forgets it all.
 */

const STATE_KEY = "thimble:house:1";
const SESSION_KEY = "thimble:session:1";
/** Larger pictures are not kept, bytes. */
const LARGEST_PICTURE = 200_000;
/** Chart points kept. */
const KEPT_POINTS = 600;

interface Kept {
  readonly member: string;
  readonly state: Pick<HouseState, "temperatures" | "lamps" | "motions" | "devices">;
  readonly pictures: Readonly<Record<string, { readonly base64: string; readonly time: number }>>;
}

export function keepState(member: string, state: HouseState): void {
  const { temperatures, lamps, motions, devices, pictures } = state;
  const shortened = Object.entries(temperatures).map(
    ([topic, temperature]) =>
      [topic, { ...temperature, series: temperature.series.slice(-KEPT_POINTS) }] as const,
  );
  // A command is of its moment.
  const settled = Object.entries(lamps).map(
    ([topic, { confirmed, time }]) => [topic, { confirmed, time }] as const,
  );
  const kept: Kept = {
    member,
    state: {
      temperatures: Object.fromEntries(shortened),
      lamps: Object.fromEntries(settled),
      motions,
      devices,
    },
    pictures: Object.fromEntries(
      Object.entries(pictures)
        .filter(([, { bytes }]) => bytes.length <= LARGEST_PICTURE)
        .map(([topic, { bytes, time }]) => [topic, { base64: encode(bytes), time }]),
    ),
  };
  write(STATE_KEY, kept);
}

/** @returns what was kept for this member; what is kept for another one is forgotten */
export function recallState(member: string): Partial<HouseState> {
  const kept = read<Kept>(STATE_KEY);
  if (kept?.member !== member) {
    localStorage.removeItem(STATE_KEY);
    return {};
  }
  const pictures = Object.entries(kept.pictures ?? {}).map(([topic, { base64, time }]): [string, Picture] => [
    topic,
    { bytes: decode(base64), time },
  ]);
  return { ...kept.state, pictures: Object.fromEntries(pictures) };
}

export function keepSession(session: SessionInfo): void {
  write(SESSION_KEY, session);
}

export function recallSession(): SessionInfo | undefined {
  return read<SessionInfo>(SESSION_KEY);
}

export function forgetAll(): void {
  localStorage.removeItem(STATE_KEY);
  localStorage.removeItem(SESSION_KEY);
}

function write(key: string, value: unknown): void {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch {
    // Full, or forbidden by the browser: then there is nothing to show while offline.
  }
}

function read<Value>(key: string): Value | undefined {
  try {
    const text = localStorage.getItem(key);
    return text === null ? undefined : (JSON.parse(text) as Value);
  } catch {
    return undefined;
  }
}

function encode(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}

function decode(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}
