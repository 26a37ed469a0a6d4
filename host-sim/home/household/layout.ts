import { join } from "node:path";
import { UsageError } from "../usage-error";
import { type DeviceEntry, type Member, SERVICES } from "./members";
import { namesIn, readBytes, readText } from "./private-files";

/** Where a household is looked for, from the working directory. */
export const DEFAULT_HOUSEHOLD = ".thimble/household";

/** What `thimble init` has made there; services of the house keep their own beside it. */
export const OWN_FILES: readonly string[] = Object.freeze([
  "authority",
  "devices",
  "mosquitto",
  "passwords",
  "people",
  "server",
  "services",
  "settings.json",
  "vapid.json",
]);

/** What is not a secret and not a member. */
export interface HouseholdSettings {
  readonly version: 1;
  /** Names and addresses of the machine with the broker; boards are told the last. */
  readonly hosts: readonly string[];
  /** MQTT over TLS for whoever has a certificate. */
  readonly port: number;
  /** MQTT over TLS for whoever has only a password. */
  readonly passwordPort: number;
}

/** The files of a household. Members are folders: there is no list that could disagree with them. */
export class Layout {
  readonly directory: string;

  constructor(directory: string) {
    this.directory = directory;
  }

  get settings(): string {
    return this.path("settings.json");
  }

  get vapid(): string {
    return this.path("vapid.json");
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  folderOf({ role, name }: Pick<Member, "role" | "name">): string {
    return this.path({ device: "devices", person: "people", service: "services" }[role], name);
  }

  devices(): DeviceEntry[] {
    return namesIn(this.path("devices")).map((id) => {
      const { topic } = parse<{ topic?: string }>(this.path("devices", id, "device.json"));
      return topic === undefined ? { id } : { id, topic };
    });
  }

  people(): string[] {
    return namesIn(this.path("people"));
  }

  members(): Member[] {
    return [
      ...SERVICES.map((name): Member => ({ role: "service", name })),
      ...this.devices().map(({ id, topic }): Member => ({ role: "device", name: id, topic })),
      ...this.people().map((name): Member => ({ role: "person", name })),
    ];
  }

  /** `undefined` where there is no household. @throws {UsageError} for one of a later Thimble */
  readSettings(): HouseholdSettings | undefined {
    if (readText(this.settings) === undefined) return undefined;
    const settings = parse<HouseholdSettings>(this.settings);
    if (settings.version !== 1)
      throw new UsageError(`${this.settings} has version ${settings.version}: this Thimble reads version 1`);
    return settings;
  }
}

/** @throws {UsageError} naming the file, if it is missing */
export function requireText(file: string): string {
  return requireBytes(file).toString();
}

/** @throws {UsageError} naming the file, if it is missing */
export function requireBytes(file: string): Buffer {
  const bytes = readBytes(file);
  if (bytes === undefined)
    throw new UsageError(
      `the household lacks ${file}: run "thimble init" again, which makes what is missing`,
    );
  return bytes;
}

/** @throws {UsageError} naming the file, if it is missing or no JSON. The message never shows its content. */
export function parse<Value>(file: string): Value {
  const text = requireText(file);
  try {
    return JSON.parse(text) as Value;
  } catch {
    throw new UsageError(`${file} is damaged: it is not JSON`);
  }
}
