import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { join, resolve } from "node:path";
import webPush from "web-push";
import { UsageError } from "../usage-error";
import { Authority, type Identity } from "./certificates";
import { type HouseholdSettings, Layout, OWN_FILES, requireText } from "./layout";
import {
  assertDistinct,
  assertName,
  type DeviceEntry,
  HOUSE_DEVICES,
  type Member,
  SERVICES,
} from "./members";
import { writeMosquitto } from "./mosquitto";
import { hashPassword, machinePassword, mosquittoHash, personPassword } from "./passwords";
import {
  assertPrivate,
  type Content,
  makeFolder,
  readText,
  removeUnfinished,
  writePrivate,
  writePrivateFolder,
} from "./private-files";

export interface InitializeOptions {
  /** The household's folder; made where it is missing. */
  readonly directory: string;
  /** To add. */
  readonly people?: readonly string[];
  /** To add; those of `thimble house` are always there. One that is there gets the topic that is given here. */
  readonly devices?: readonly DeviceEntry[];
  /** People who get a new password. */
  readonly newPasswords?: readonly string[];
  /** More names and addresses of the machine with the broker. */
  readonly hosts?: readonly string[];
  /** Default 8883; once chosen it stays. */
  readonly port?: number | undefined;
  /** Default 8884; once chosen it stays. */
  readonly passwordPort?: number | undefined;
  /** Folder of the firmware manifests, for what boards are flashed from. */
  readonly manifests: string;
}

/** What a run has done, in words. There is no secret in them. */
export interface InitializeReport {
  /** `authority`, `device smart-light`, ... */
  readonly made: readonly string[];
  readonly renewed: readonly string[];
  readonly changed: readonly string[];
  /** Files with a person's password, to be read to the person and then deleted. */
  readonly passwords: readonly string[];
}

const DAY = 86_400_000;
/** A certificate that ends within this time is renewed, ms. */
const RENEWAL = 30 * DAY;
/** Reaches over the life of a board, which would have to be flashed again, ms. */
const DEVICE_LIFE = 10 * 365 * DAY;
/** Phones take no server's certificate of more than 825 days, of one's own authority neither; ms. */
const SERVER_LIFE = 730 * DAY;

const FIRMWARE: Readonly<Record<string, string>> = Object.freeze({
  temp: "thermometer-tls",
  light: "light-tls",
  camera: "camera-tls",
});

/**
 * Makes a household, or adds to one what is missing: members, certificates that end soon. What exists stays as it is, to the byte.
 * A run that is ended half way leaves what it has made, whole; the next one makes the rest.
 * @throws {UsageError} for names that cannot be used, and for a folder that others can read
 */
export async function initializeHousehold(options: InitializeOptions): Promise<InitializeReport> {
  const run = new Initialization(options);
  await run.run();
  return run.report;
}

class Initialization {
  readonly report = {
    made: [] as string[],
    renewed: [] as string[],
    changed: [] as string[],
    passwords: [] as string[],
  };
  readonly #options: InitializeOptions;
  readonly #layout: Layout;
  #authority!: Authority;

  constructor(options: InitializeOptions) {
    this.#options = options;
    this.#layout = new Layout(options.directory);
  }

  async run(): Promise<void> {
    const { directory, people = [], newPasswords = [] } = this.#options;
    const layout = this.#layout;
    const former = layout.readSettings();
    makeFolder(directory);
    assertPrivate(directory, OWN_FILES);
    removeUnfinished(directory);
    const devices = this.#devices();
    const everybody = [...new Set([...layout.people(), ...people])];
    for (const { id } of devices) assertName(id, "device");
    for (const name of everybody) assertName(name, "person");
    assertDistinct(devices, everybody);
    for (const name of newPasswords)
      if (!everybody.includes(name)) throw new UsageError(`nobody in ${directory} is called "${name}"`);

    // Wherever it is made, git leaves it alone.
    writePrivate(layout.path(".gitignore"), "*\n");
    const settings = this.#settings(former);
    await this.#makeAuthority();
    await this.#makeServer(settings.hosts);
    for (const name of SERVICES) await this.#makeMember({ role: "service", name });
    for (const device of devices) await this.#makeDevice(device, settings);
    for (const name of everybody) await this.#makeMember({ role: "person", name });
    for (const name of newPasswords) this.#replacePassword(name);
    if (readText(layout.vapid) === undefined) {
      writePrivate(layout.vapid, json(webPush.generateVAPIDKeys()));
      this.report.made.push("keys for push messages");
    }
    const isNew = readText(layout.path("mosquitto", "mosquitto.conf")) === undefined;
    if (writeMosquitto(layout, settings))
      this.report[isNew ? "made" : "changed"].push("configuration of mosquitto");
  }

  /** Those that are there, those of the house, and those that are asked for. */
  #devices(): DeviceEntry[] {
    const devices = new Map<string, DeviceEntry>();
    const { devices: wanted = [] } = this.#options;
    for (const device of [...HOUSE_DEVICES, ...this.#layout.devices()]) devices.set(device.id, device);
    for (const device of wanted)
      if (device.topic !== undefined || !devices.has(device.id)) devices.set(device.id, device);
    return [...devices.values()];
  }

  #settings(former: HouseholdSettings | undefined): HouseholdSettings {
    const { hosts = [], port, passwordPort } = this.#options;
    for (const host of hosts)
      if (isIP(host) === 0 && !/^[a-zA-Z0-9]([a-zA-Z0-9.-]{0,251}[a-zA-Z0-9])?$/.test(host))
        throw new UsageError(`host "${host}" is neither a name nor an address`);
    const settings: HouseholdSettings = {
      version: 1,
      // Boards are told the last: so what is named again counts as the latest.
      hosts: [...(former?.hosts ?? ownHosts()).filter((host) => !hosts.includes(host)), ...new Set(hosts)],
      port: port ?? former?.port ?? 8_883,
      passwordPort: passwordPort ?? former?.passwordPort ?? 8_884,
    };
    if (settings.port === settings.passwordPort)
      throw new UsageError(
        `port ${settings.port} cannot ask for a certificate and for a password: choose two ports`,
      );
    if (writePrivate(this.#layout.settings, json(settings)) && former) this.report.changed.push("settings");
    return settings;
  }

  async #makeAuthority(): Promise<void> {
    const folder = this.#layout.path("authority");
    const certificate = readText(join(folder, "certificate.pem"));
    if (certificate === undefined) {
      this.#authority = await Authority.create(`Thimble household on ${hostname()}`.slice(0, 64));
      writePrivateFolder(folder, authorityFiles(this.#authority, { "key.pem": this.#authority.key }));
      this.report.made.push("authority");
      return;
    }
    const key = requireText(join(folder, "key.pem"));
    this.#authority = await Authority.load(certificate, key);
    if (!endsSoon(certificate)) return;
    // With the same key: what it has issued stays valid. Boards have its certificate in flash.
    const { subject } = new X509Certificate(certificate);
    this.#authority = await Authority.create(subject.replace(/^CN=/, ""), { key });
    writeAll(folder, authorityFiles(this.#authority));
    this.report.renewed.push("authority: flash all boards again");
  }

  async #makeServer(hosts: readonly string[]): Promise<void> {
    const folder = this.#layout.path("server");
    const former = readText(join(folder, "certificate.pem"));
    if (
      former !== undefined &&
      !endsSoon(former) &&
      isFor(former, hosts) &&
      former.includes(this.#authority.PEM)
    )
      return;
    const key = readText(join(folder, "key.pem"));
    const { chain, key: ownKey } = await this.#authority.issue({
      commonName: "localhost",
      hosts,
      notAfter: Date.now() + SERVER_LIFE,
      ...(key === undefined ? {} : { key }),
    });
    if (former === undefined) writePrivateFolder(folder, { "certificate.pem": chain, "key.pem": ownKey });
    else writePrivate(join(folder, "certificate.pem"), chain);
    this.report[former === undefined ? "made" : "renewed"].push("certificate of the server");
  }

  async #makeDevice(device: DeviceEntry, settings: HouseholdSettings): Promise<void> {
    const { id, topic } = device;
    const member: Member = { role: "device", name: id, topic };
    const file = join(this.#layout.folderOf(member), "device.json");
    const text = json(topic === undefined ? {} : { topic });
    const isThere = readText(file) !== undefined;
    await this.#makeMember(member, { "device.json": text, "authority.der": this.#authority.DER });
    if (isThere && writePrivate(file, text)) this.report.changed.push(`topic of ${id}`);
    const manifest = this.#boardManifest(device, settings);
    if (manifest) writePrivate(join(this.#layout.folderOf(member), "manifest.json"), json(manifest));
  }

  async #makeMember(member: Member, more: Readonly<Record<string, Content>> = {}): Promise<void> {
    const folder = this.#layout.folderOf(member);
    const former = readText(join(folder, "certificate.pem"));
    if (former === undefined) {
      const identity = await this.#issue(member);
      const password = member.role === "person" ? personPassword() : machinePassword();
      const secret: Record<string, string> =
        member.role === "person" ? { "password-hash": hashPassword(password) } : { password };
      if (member.role === "person") this.#notePassword(member.name, password);
      writePrivateFolder(folder, {
        ...certificateFiles(member, identity),
        "key.pem": identity.key,
        ...(member.role === "device" ? { "board-key.der": identity.keyDER } : {}),
        ...secret,
        "mosquitto-password": mosquittoHash(password),
        ...more,
      });
      this.report.made.push(`${member.role} ${member.name}`);
      return;
    }
    if (member.role === "device") writePrivate(join(folder, "authority.der"), this.#authority.DER);
    if (!endsSoon(former) && former.includes(this.#authority.PEM)) return;
    const identity = await this.#issue(member, requireText(join(folder, "key.pem")));
    writeAll(folder, certificateFiles(member, identity));
    const flash = member.role === "device" ? ": flash its board again" : "";
    this.report.renewed.push(`certificate of ${member.name}${flash}`);
  }

  #issue({ role, name }: Member, key?: string): Promise<Identity> {
    const life = role === "device" ? DEVICE_LIFE : SERVER_LIFE;
    return this.#authority.issue({
      commonName: name,
      notAfter: Date.now() + life,
      // What a board signs with: TLS of the Moddable SDK (8.2.3) verifies P-256, but signs with RSA only (ssl_handshake.js).
      keyType: role === "device" ? "RSA" : "P-256",
      ...(key === undefined ? {} : { key }),
    });
  }

  #replacePassword(name: string): void {
    const folder = this.#layout.folderOf({ role: "person", name });
    const password = personPassword();
    this.#notePassword(name, password);
    writePrivate(join(folder, "password-hash"), hashPassword(password));
    writePrivate(join(folder, "mosquitto-password"), mosquittoHash(password));
    this.report.changed.push(`password of ${name}`);
  }

  /** The only place where it can be read: not the terminal, whose lines are kept, copied and recorded. */
  #notePassword(name: string, password: string): void {
    const file = this.#layout.path("passwords", name);
    writePrivate(file, `${password}\n`);
    if (!this.report.passwords.includes(file)) this.report.passwords.push(file);
  }

  /** What `mcconfig` builds this device's firmware from: the program, its settings, and its credentials as resources. */
  #boardManifest({ id, topic }: DeviceEntry, { hosts, port }: HouseholdSettings): object | undefined {
    const kind = topic?.slice(topic.lastIndexOf("/") + 1) ?? "";
    const firmware = FIRMWARE[kind];
    if (firmware === undefined) return undefined;
    const manifest = resolve(this.#options.manifests, firmware, "manifest.json");
    return {
      include: [manifest],
      config: {
        id,
        ...(topic === `home/${kind}` ? {} : { topic }),
        broker: hosts.at(-1),
        port,
      },
      resources: { "*": ["./authority", "./board-certificate", "./board-key"] },
    };
  }
}

/** Names and addresses that every machine has, and its own name, also as a phone or a board asks for it (mDNS). */
function ownHosts(): string[] {
  const name = hostname();
  const hosts = ["localhost", "127.0.0.1", "::1"];
  if (/^[a-zA-Z0-9]([a-zA-Z0-9.-]*[a-zA-Z0-9])?$/.test(name)) hosts.push(name, `${name.split(".")[0]}.local`);
  return hosts;
}

function authorityFiles(authority: Authority, more: Record<string, Content> = {}): Record<string, Content> {
  return { "certificate.pem": `${authority.PEM}\n`, "certificate.der": authority.DER, ...more };
}

function certificateFiles({ role }: Member, { chain, certificateDER }: Identity): Record<string, Content> {
  return {
    "certificate.pem": chain,
    ...(role === "device" ? { "board-certificate.der": certificateDER } : {}),
  };
}

function writeAll(folder: string, files: Readonly<Record<string, Content>>): void {
  for (const [name, content] of Object.entries(files)) writePrivate(join(folder, name), content);
}

/** The first certificate of a chain. */
function endsSoon(chain: string): boolean {
  return Date.parse(new X509Certificate(chain).validTo) < Date.now() + RENEWAL;
}

function isFor(chain: string, hosts: readonly string[]): boolean {
  const certificate = new X509Certificate(chain);
  return hosts.every((host) =>
    isIP(host) === 0 ? certificate.checkHost(host) !== undefined : certificate.checkIP(host) !== undefined,
  );
}

function json(value: object): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
