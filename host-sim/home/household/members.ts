import { UsageError } from "../usage-error";

/** What a program of the house is called, and at the same time what it may do. */
export type Service = "analytics" | "alerts" | "mobile-app" | "home-assistant" | "watcher";

export const SERVICES: readonly Service[] = Object.freeze([
  "analytics",
  "alerts",
  "mobile-app",
  "home-assistant",
  "watcher",
]);

/** Whoever has a certificate. Its name is the certificate's common name, the user name and a device's Client Identifier. */
export type Member =
  | { readonly role: "device"; readonly name: string; readonly topic?: string | undefined }
  | { readonly role: "person"; readonly name: string }
  | { readonly role: "service"; readonly name: Service };

/** The devices of `thimble house`; every household has them. */
export const HOUSE_DEVICES: readonly DeviceEntry[] = Object.freeze([
  { id: "temperature-sensor", topic: "home/temp" },
  { id: "smart-light", topic: "home/light" },
  { id: "security-camera", topic: "home/camera" },
]);

export interface DeviceEntry {
  readonly id: string;
  /** Its own topic, the setting `topic` of its firmware; without it all of `home/<id>/temp`, `light` and `camera`. */
  readonly topic?: string | undefined;
}

/** Home Assistant's rule for ids, and no sign at the beginning that a command would take for an option. */
const NAME = /^[a-zA-Z0-9][a-zA-Z0-9_-]{0,63}$/;

/** Levels of topics below `home/`, and what stands beside the members in the household's folder. */
const RESERVED: readonly string[] = ["temp", "light", "camera", "set", "server", "authority", "guest"];

/** A device's own topic: one level for the room, or none. */
const TOPIC = /^home\/([a-zA-Z0-9_-]{1,64}\/)?(temp|light|camera)$/;

/** @throws {UsageError} naming the name, if it cannot be a member's */
export function assertName(name: string, what: "person" | "device"): void {
  if (!NAME.test(name))
    throw new UsageError(
      `${what} "${name}": a name is 1 to 64 of the characters a-z A-Z 0-9 _ -, the first no _ or -`,
    );
  const taken: readonly string[] = [...SERVICES, ...RESERVED];
  if (taken.includes(name.toLowerCase()))
    throw new UsageError(
      `${what} "${name}": this name is taken by the household itself: ${taken.join(", ")}`,
    );
}

/** Reads `ID` or `ID=TOPIC`. @throws {UsageError} for anything else */
export function parseDevice(text: string): DeviceEntry {
  const [id = "", topic, ...rest] = text.split("=");
  assertName(id, "device");
  if (topic === undefined) return { id };
  if (rest.length > 0 || !TOPIC.test(topic))
    throw new UsageError(
      `device "${text}": a device's topic is home/ROOM/temp, home/ROOM/light or home/ROOM/camera (without ROOM: the only one)`,
    );
  return { id, topic };
}

/**
 * @throws {UsageError} naming both, where two members would have the same name (files are the same in any case), or two
 * devices the same topic
 */
export function assertDistinct(devices: readonly DeviceEntry[], people: readonly string[]): void {
  const names = new Map<string, string>();
  for (const name of [...devices.map(({ id }) => id), ...people]) {
    const former = names.get(name.toLowerCase());
    if (former !== undefined)
      throw new UsageError(`"${former}" and "${name}": each device and person needs a name of its own`);
    names.set(name.toLowerCase(), name);
  }
  const owners = new Map<string, string>();
  for (const { id, topic } of devices)
    for (const own of topicsOf({ id, topic })) {
      const former = owners.get(own);
      if (former !== undefined)
        throw new UsageError(
          `devices "${former}" and "${id}" both have the topic ${own}: give one of them another`,
        );
      owners.set(own, id);
    }
}

/** The device's own topics. */
export function topicsOf({ id, topic }: DeviceEntry): readonly string[] {
  return topic === undefined ? [`home/${id}/temp`, `home/${id}/light`, `home/${id}/camera`] : [topic];
}
