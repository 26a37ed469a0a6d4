import { X509Certificate } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeReport } from "../../../host-sim/home/household/describe-report";
import { UsageError } from "../../../host-sim/home/usage-error";
import { Authority } from "../../support/certificates";
import { again, contentOf, copy, filesOf, make, notedPassword, secretsOf } from "./fixture";

const DAY = 86_400_000;

describe("a new household", () => {
  test("knows the devices of the house, those that were asked for, and people", async () => {
    const household = await make({
      people: ["anna", "ben"],
      devices: [{ id: "attic", topic: "home/attic/temp" }],
    });
    expect(household.people).toEqual(["anna", "ben"]);
    expect(household.devices).toEqual(["attic", "security-camera", "smart-light", "temperature-sensor"]);
  });

  test("gives everybody a password of their own: no two are the same", async () => {
    const household = await make({ people: ["anna", "ben"], devices: [{ id: "attic" }] });
    const secrets = secretsOf(household);
    expect(secrets).toHaveLength(4 + 5 + 2);
    expect(new Set(secrets).size).toBe(secrets.length);
    for (const secret of secrets) expect(secret.length).toBeGreaterThanOrEqual(19);
    const other = await copy();
    expect(secretsOf(other).filter((secret) => secrets.includes(secret))).toEqual([]);
  });

  test("is readable for nobody but its owner, whatever the umask", async () => {
    const umask = process.umask(0);
    const household = await make({ people: ["anna"] }).finally(() => process.umask(umask));
    for (const file of [household.directory, ...filesOf(household)]) {
      const status = statSync(file);
      expect([file, (status.mode & 0o777).toString(8)]).toEqual([file, status.isDirectory() ? "700" : "600"]);
    }
  });

  test("is left alone by git, wherever it is", async () => {
    const { directory } = await copy();
    expect(readFileSync(join(directory, ".gitignore"), "utf8")).toBe("*\n");
  });

  test("has certificates of its own authority, each with its name", async () => {
    const household = await make({ people: ["anna"], hosts: ["home.example", "192.168.1.10"] });
    const authority = new X509Certificate(household.authority);
    expect(authority.ca).toBe(true);
    for (const name of ["anna", "smart-light", "analytics"]) {
      const certificate = new X509Certificate(household.credentialsOf(name).certificate);
      expect(certificate.subject).toBe(`CN=${name}`);
      expect(certificate.checkIssued(authority) && certificate.verify(authority.publicKey)).toBe(true);
      const { namedCurve, modulusLength } = certificate.publicKey.asymmetricKeyDetails ?? {};
      // The SDK of the boards signs with RSA only.
      if (name === "smart-light") expect(modulusLength).toBe(2_048);
      else expect(namedCurve).toBe("prime256v1");
      expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.2"]);
    }
    const server = new X509Certificate(household.serverCredentials.certificate);
    for (const host of ["localhost", "home.example"]) expect(server.checkHost(host)).toBe(host);
    for (const address of ["127.0.0.1", "::1", "192.168.1.10"]) expect(server.checkIP(address)).toBe(address);
    // Phones take no more than 825 days.
    expect(Date.parse(server.validTo) - Date.parse(server.validFrom)).toBeLessThan(825 * DAY);
    expect(household.serverCredentials.certificate).toContain(household.authority.trim());
  });

  test("holds for each board what it is flashed from: its firmware, settings, and credentials as DER", async () => {
    const household = await make({
      devices: [{ id: "attic", topic: "home/attic/temp" }],
      hosts: ["hub.lan"],
    });
    const folder = join(household.directory, "devices", "attic");
    expect(JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"))).toEqual({
      include: ["/nowhere/thermometer-tls/manifest.json"],
      config: { id: "attic", topic: "home/attic/temp", broker: "hub.lan", port: household.settings.port },
      resources: { "*": ["./authority", "./board-certificate", "./board-key"] },
    });
    const files = household.boardFiles("attic");
    expect(new X509Certificate(Buffer.from(files["board-certificate.der"]!)).subject).toBe("CN=attic");
    expect(() => household.boardFiles("analytics")).toThrow(UsageError);
  });

  test("has keys for push messages", async () => {
    const { vapidKeys } = await copy();
    expect(Buffer.from(vapidKeys.publicKey, "base64url")).toHaveLength(65);
    expect(Buffer.from(vapidKeys.privateKey, "base64url")).toHaveLength(32);
  });

  test("checks people's passwords, of which it keeps only a hash", async () => {
    const household = await make({ people: ["anna", "ben"] });
    const password = notedPassword(household, "anna");
    expect(await household.verifyPerson("anna", password)).toBe(true);
    expect(await household.verifyPerson("anna", `${password} `)).toBe(false);
    expect(await household.verifyPerson("ben", password)).toBe(false);
    expect(await household.verifyPerson("nobody", password)).toBe(false);
    expect(await household.verifyPerson("nobody", "")).toBe(false);
    expect(await household.verifyPerson("smart-light", household.passwordOf("smart-light"))).toBe(false);
    expect(() => household.passwordOf("anna")).toThrow("only its hash");
    rmSync(join(household.directory, "passwords", "anna"));
    const kept = Object.values(contentOf(household)).map((content) =>
      Buffer.from(content, "base64").toString(),
    );
    expect(kept.filter((content) => content.includes(password))).toEqual([]);
  });
});

describe("another run", () => {
  test("keeps every byte", async () => {
    const household = await make({ people: ["anna"], devices: [{ id: "attic", topic: "home/attic/temp" }] });
    const before = contentOf(household);
    const { report } = await again(household, { people: ["anna"] });
    expect(contentOf(household)).toEqual(before);
    expect(report).toEqual({ made: [], renewed: [], changed: [], passwords: [] });
  });

  test("adds who is new, and changes nothing of the others but the lists for mosquitto", async () => {
    const first = await make({ people: ["anna"] });
    const before = contentOf(first);
    const { report, household } = await again(first, { people: ["ben"], devices: [{ id: "attic" }] });
    const after = contentOf(household);
    const changed = Object.keys(before).filter((file) => before[file] !== after[file]);
    expect(changed.sort()).toEqual(["mosquitto/access-rules", "mosquitto/passwords"]);
    expect(household.people).toEqual(["anna", "ben"]);
    expect(report.made).toEqual(["device attic", "person ben"]);
    expect(report.passwords).toEqual([join(household.directory, "passwords", "ben")]);
  });

  test("a password that its owner has taken away does not come back, and still opens", async () => {
    const household = await copy();
    const password = notedPassword(household, "anna");
    rmSync(join(household.directory, "passwords"), { recursive: true });
    const { report } = await again(household);
    expect(report.passwords).toEqual([]);
    expect(await household.verifyPerson("anna", password)).toBe(true);
  });

  test("a person who has lost the password gets a new one", async () => {
    const household = await copy();
    const former = notedPassword(household, "anna");
    await again(household, { newPasswords: ["anna"] });
    expect(await household.verifyPerson("anna", former)).toBe(false);
    expect(await household.verifyPerson("anna", notedPassword(household, "anna"))).toBe(true);
    await expect(again(household, { newPasswords: ["carl"] })).rejects.toThrow(
      /^nobody in .* is called "carl"$/,
    );
  });

  test.each([
    ["has expired", -DAY],
    ["ends within 30 days", 29 * DAY],
  ])("renews a certificate that %s, with the key that is there", async (_name, rest) => {
    const household = await copy();
    const file = (...names: string[]): string => join(household.directory, ...names);
    const read = (...names: string[]): string => readFileSync(file(...names), "utf8");
    const authority = await Authority.load(
      read("authority", "certificate.pem"),
      read("authority", "key.pem"),
    );
    const key = read("devices", "smart-light", "key.pem");
    const validity = { notBefore: Date.now() - 300 * DAY, notAfter: Date.now() + rest };
    const old = await authority.issue({ commonName: "smart-light", key, ...validity });
    writeFileSync(file("devices", "smart-light", "certificate.pem"), old.chain);
    const before = contentOf(household);
    const { report } = await again(household);
    expect(report.renewed).toEqual(["certificate of smart-light: flash its board again"]);
    const changed = Object.entries(contentOf(household)).filter(
      ([name, content]) => before[name] !== content,
    );
    expect(changed.map(([name]) => name)).toEqual([
      "devices/smart-light/board-certificate.der",
      "devices/smart-light/certificate.pem",
    ]);
    const renewed = new X509Certificate(household.credentialsOf("smart-light").certificate);
    expect(Date.parse(renewed.validTo)).toBeGreaterThan(Date.now() + 3_000 * DAY);
  });

  test("a certificate with 31 days to go is kept", async () => {
    const household = await copy();
    const file = join(household.directory, "services", "alerts", "certificate.pem");
    const read = (name: string): string => readFileSync(join(household.directory, "authority", name), "utf8");
    const authority = await Authority.load(read("certificate.pem"), read("key.pem"));
    const { key } = household.credentialsOf("alerts");
    const subject = { commonName: "alerts", key, notAfter: Date.now() + 31 * DAY };
    writeFileSync(file, (await authority.issue(subject)).chain);
    expect((await again(household)).report.renewed).toEqual([]);
  });

  test("an authority that ends is renewed with its key, and everything with it: what is flashed stays good", async () => {
    const household = await copy();
    const folder = join(household.directory, "authority");
    const key = readFileSync(join(folder, "key.pem"), "utf8");
    const old = await Authority.create("Thimble household", { key, notAfter: Date.now() + DAY });
    const former = await old.issue({ commonName: "smart-light" });
    writeFileSync(join(folder, "certificate.pem"), `${old.PEM}\n`);
    const { report } = await again(household);
    expect(report.renewed[0]).toBe("authority: flash all boards again");
    expect(report.renewed).toHaveLength(1 + 1 + 5 + 4 + 1);
    const { publicKey } = new X509Certificate(household.authority);
    expect(new X509Certificate(former.chain).verify(publicKey)).toBe(true);
    const flashed = Buffer.from(household.boardFiles("smart-light")["authority.der"]!);
    expect(new X509Certificate(flashed).fingerprint).toBe(
      new X509Certificate(household.authority).fingerprint,
    );
  });

  test("a host that is new gets into the server's certificate", async () => {
    const first = await copy();
    const { report, household } = await again(first, { hosts: ["hub.lan"] });
    expect(report.renewed).toEqual(["certificate of the server"]);
    const server = new X509Certificate(household.serverCredentials.certificate);
    expect(server.checkHost("hub.lan")).toBe("hub.lan");
    expect(household.serverCredentials.key).toBe(first.serverCredentials.key);
  });

  test.each([
    ["authority"],
    ["server"],
    ["services/alerts"],
    ["devices/smart-light"],
    ["people/anna"],
    ["mosquitto"],
    ["vapid.json"],
  ])("makes again what a run that was ended before %s has not made", async (missing) => {
    const first = await copy();
    rmSync(join(first.directory, missing), { recursive: true });
    // What such a run leaves.
    mkdirSync(join(first.directory, ".unfinished-1-x"), { mode: 0o700 });
    writeFileSync(join(first.directory, ".unfinished-1-x", "key.pem"), "half a k", { mode: 0o600 });
    const { household } = await again(first, { people: ["anna"] });
    expect(household.people).toEqual(["anna"]);
    for (const name of ["anna", "smart-light", "alerts"]) {
      const { authority, certificate } = household.credentialsOf(name);
      expect(new X509Certificate(certificate).verify(new X509Certificate(authority).publicKey)).toBe(true);
    }
    expect(filesOf(household).filter((file) => file.includes("unfinished"))).toEqual([]);
  });
});

test("no secret is in what the command prints, nor in any error", async () => {
  const household = await copy();
  const { report } = await again(household, { people: ["ben", "carl"] });
  const text = describeReport(household.directory, report);
  expect(text).toContain(join("passwords", "carl"));
  for (const secret of secretsOf(household)) expect(text).not.toContain(secret);
  expect(text).not.toContain("PRIVATE");
});
