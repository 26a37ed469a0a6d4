import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { Household } from "../../../host-sim/home/household/household";
import { type InitializeOptions, initializeHousehold } from "../../../host-sim/home/household/initialize";
import { UsageError } from "../../../host-sim/home/usage-error";
import { again, copy } from "./fixture";

describe("what cannot be is refused, and nothing is made", () => {
  test.each([
    [{ people: ["anna b"] }, 'person "anna b"'],
    [{ people: ["../anna"] }, 'person "../anna"'],
    [{ people: ["-x"] }, 'person "-x"'],
    [{ people: ["x".repeat(65)] }, "1 to 64"],
    [{ people: ["analytics"] }, "taken by the household itself"],
    [{ people: ["Smart-Light"] }, '"smart-light" and "Smart-Light"'],
    [{ devices: [{ id: "temp" }] }, "taken by the household itself"],
    [{ devices: [{ id: "a+b" }] }, 'device "a+b"'],
    [{ devices: [{ id: "attic", topic: "home/temp" }] }, "both have the topic home/temp"],
    [
      { devices: [{ id: "attic" }, { id: "other", topic: "home/attic/temp" }] },
      "both have the topic home/attic/temp",
    ],
    [{ hosts: ["a b"] }, 'host "a b"'],
    [{ port: 8_000, passwordPort: 8_000 }, "choose two ports"],
  ] as [Partial<InitializeOptions>, string][])("%o", async (options, message) => {
    const directory = join("/tmp", `thimble-refused-${process.pid}-${Math.random()}`, "household");
    const refused = initializeHousehold({ directory, manifests: "/nowhere", ...options });
    await expect(refused).rejects.toThrow(UsageError);
    await expect(refused).rejects.toThrow(message);
    expect(Household.open(directory)).toBeUndefined();
    rmSync(join(directory, ".."), { recursive: true, force: true });
  });
});

describe("opening", () => {
  test("a folder without a household gives none", () => {
    expect(Household.open("/nowhere/at/all")).toBeUndefined();
  });

  test.each([
    ["a key that the group can read", "devices/smart-light/key.pem", 0o640],
    ["a password that others can read", "services/alerts/password", 0o604],
    ["a folder that others can list", "people", 0o701],
    ["a file that others can write", "settings.json", 0o602],
  ])("%s is refused, by name and with the remedy", async (_name, file, mode) => {
    const household = await copy();
    chmodSync(join(household.directory, file), mode);
    const open = (): unknown => Household.open(household.directory);
    expect(open).toThrow(UsageError);
    expect(open).toThrow(`${file} has mode 0${mode.toString(8)}`);
    expect(open).toThrow(`chmod -R go= ${household.directory}`);
    await expect(again(household)).rejects.toThrow("chmod -R go=");
    chmodSync(join(household.directory, file), 0o700);
    expect(Household.open(household.directory)).toBeInstanceOf(Household);
  });

  test("what services keep beside it is theirs: the folder itself is closed", async () => {
    const household = await copy();
    mkdirSync(join(household.directory, "analytics"));
    writeFileSync(join(household.directory, "analytics", "readings.duckdb.wal"), "", { mode: 0o644 });
    expect(Household.open(household.directory)).toBeInstanceOf(Household);
    chmodSync(household.directory, 0o711);
    expect(() => Household.open(household.directory)).toThrow(`${household.directory} has mode 0711`);
    chmodSync(household.directory, 0o700);
  });

  test.each([
    ["settings.json", "{", "is damaged: it is not JSON"],
    ["settings.json", '{"version":2}', "has version 2"],
    ["server/certificate.pem", "x", "is damaged: it is not a certificate"],
    ["devices/attic/device.json", "}", "is damaged: it is not JSON"],
  ])("a damaged %s (%s) is named", async (file, content, message) => {
    const { directory } = await copy();
    writeFileSync(join(directory, file), content);
    expect(() => Household.open(directory)).toThrow(UsageError);
    expect(() => Household.open(directory)).toThrow(message);
  });

  test("a missing file is named when it is asked for, and who can make it", async () => {
    const household = await copy();
    rmSync(join(household.directory, "services", "alerts", "key.pem"));
    expect(() => household.credentialsOf("alerts")).toThrow(
      /services\/alerts\/key\.pem: run "thimble init" again/,
    );
  });

  test("a name that nobody has is told with those that are known", async () => {
    const household = await copy();
    expect(() => household.credentialsOf("carl")).toThrow(/no "carl": it has analytics, .*smart-light.*anna/);
  });
});
