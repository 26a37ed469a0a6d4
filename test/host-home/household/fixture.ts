import { cpSync, mkdtempSync, readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { afterAll, afterEach, beforeAll } from "vitest";
import { Household } from "../../../host-sim/home/household/household";
import {
  type InitializeOptions,
  type InitializeReport,
  initializeHousehold,
} from "../../../host-sim/home/household/initialize";
import { makeHousehold, removeHousehold } from "../../support/household";

const made: Household[] = [];
afterEach(async () => {
  for (const household of made.splice(0)) await removeHousehold(household);
});

/** As `make({ people: ["anna"], devices: [{ id: "attic" }] })`, quickly: a copy of one that is made once. */
let template: Household;
beforeAll(async () => {
  template = await makeHousehold({ people: ["anna"], devices: [{ id: "attic" }] });
});
afterAll(() => removeHousehold(template));

export async function copy(): Promise<Household> {
  const directory = join(mkdtempSync(join(tmpdir(), "thimble-household-")), "household");
  cpSync(template.directory, directory, { recursive: true });
  // Absolute paths in mosquitto's configuration.
  const { household } = await again({ directory });
  made.push(household);
  return household;
}

export async function make(options: Partial<InitializeOptions> = {}): Promise<Household> {
  const household = await makeHousehold(options);
  made.push(household);
  return household;
}

/** Another `thimble init`. */
export async function again(
  { directory }: { readonly directory: string },
  options: Partial<InitializeOptions> = {},
): Promise<{ report: InitializeReport; household: Household }> {
  const report = await initializeHousehold({ directory, manifests: "/nowhere", ...options });
  return { report, household: Household.open(directory) as Household };
}

export function filesOf({ directory }: Household): string[] {
  return readdirSync(directory, { recursive: true, encoding: "utf8" })
    .map((file) => join(directory, file))
    .sort();
}

/** Every file with its content. */
export function contentOf(household: Household): Record<string, string> {
  const files = filesOf(household).filter((file) => statSync(file).isFile());
  return Object.fromEntries(
    files.map((file) => [relative(household.directory, file), readFileSync(file).toString("base64")]),
  );
}

/** Each password of the household, in clear. */
export function secretsOf(household: Household): string[] {
  const services = ["analytics", "alerts", "mobile-app", "home-assistant", "watcher"];
  return [
    ...[...household.devices, ...services].map((name) => household.passwordOf(name)),
    ...household.people.map((name) => notedPassword(household, name)),
  ];
}

export function notedPassword({ directory }: Household, name: string): string {
  return readFileSync(join(directory, "passwords", name), "utf8").trimEnd();
}
