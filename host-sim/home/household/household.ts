import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import type { BrokerCredentials } from "../broker/broker-connection";
import { UsageError } from "../usage-error";
import { type AccessRule, rulesOf } from "./access-rules";
import { type HouseholdSettings, Layout, OWN_FILES, parse, requireBytes, requireText } from "./layout";
import type { Member } from "./members";
import { isSame, NOBODY, verifyPassword } from "./passwords";
import { assertPrivate } from "./private-files";

/** Who belongs to a home, and what they prove it with. Made by `thimble init`. */
export class Household {
  /** As it was given to `open`. */
  readonly directory: string;
  /** Names, in order. */
  readonly people: readonly string[];
  /** Ids, in order. */
  readonly devices: readonly string[];
  /** Of the brokers: `port` asks for a certificate, `passwordPort` for a password. */
  readonly settings: HouseholdSettings;
  readonly #layout: Layout;
  readonly #members: ReadonlyMap<string, Member>;
  readonly #rules = new Map<string, readonly AccessRule[]>();

  private constructor(layout: Layout, settings: HouseholdSettings) {
    this.#layout = layout;
    this.directory = layout.directory;
    this.settings = settings;
    const members = layout.members();
    this.#members = new Map(members.map((member) => [member.name, member]));
    this.people = names(members, "person");
    this.devices = names(members, "device");
  }

  /**
   * Opens the household in a folder.
   * @returns `undefined` where there is none
   * @throws {UsageError} where something is missing or damaged, or where others than its owner can read it
   */
  static open(directory: string): Household | undefined {
    const layout = new Layout(directory);
    const settings = layout.readSettings();
    if (!settings) return undefined;
    assertPrivate(directory, OWN_FILES);
    const household = new Household(layout, settings);
    assertValid(layout.path("authority", "certificate.pem"));
    assertValid(layout.path("server", "certificate.pem"));
    return household;
  }

  /**
   * Whether this is the person's password. For a name that nobody has it takes as long, and says no.
   */
  async verifyPerson(name: string, password: string): Promise<boolean> {
    const member = this.#members.get(name);
    if (member?.role !== "person") return verifyPassword(password, NOBODY);
    return verifyPassword(password, requireText(this.#fileOf(member, "password-hash")));
  }

  /** The same for any member: devices and services have passwords of their own. */
  async verifyMember(name: string, password: string): Promise<boolean> {
    const member = this.#members.get(name);
    if (!member || member.role === "person") return this.verifyPerson(name, password);
    return isSame(password, this.passwordOf(name));
  }

  /**
   * What a device, a service or a person proves itself with to the broker, PEM.
   * @throws {UsageError} for a name that nobody has
   */
  credentialsOf(name: string): BrokerCredentials {
    const member = this.#require(name);
    return {
      authority: this.authority,
      certificate: requireText(this.#fileOf(member, "certificate.pem")),
      key: requireText(this.#fileOf(member, "key.pem")),
    };
  }

  /**
   * Where what `credentialsOf` returns is, for programs that want files.
   * @throws {UsageError} for a name that nobody has
   */
  pathsOf(name: string): { readonly authority: string; readonly certificate: string; readonly key: string } {
    const member = this.#require(name);
    return {
      authority: this.#layout.path("authority", "certificate.pem"),
      certificate: this.#fileOf(member, "certificate.pem"),
      key: this.#fileOf(member, "key.pem"),
    };
  }

  /**
   * Files for a board's flash, DER: `authority.der`, `board-certificate.der`, `board-key.der`.
   * @throws {UsageError} for a name that is no device's
   */
  boardFiles(device: string): Record<string, Uint8Array> {
    const member = this.#require(device);
    if (member.role !== "device") throw new UsageError(`${device} is no device: boards have no files of it`);
    const files = ["authority.der", "board-certificate.der", "board-key.der"];
    return Object.fromEntries(files.map((file) => [file, requireBytes(this.#fileOf(member, file))]));
  }

  /** @throws {UsageError} for a name that is no device's and no service's: of people only a hash is kept */
  passwordOf(deviceOrService: string): string {
    const member = this.#require(deviceOrService);
    if (member.role === "person")
      throw new UsageError(`the household does not know the password of ${deviceOrService}, only its hash`);
    return requireText(this.#fileOf(member, "password")).trimEnd();
  }

  /** For HTTPS and the broker: PEM, the certificate with that of its authority behind it. */
  get serverCredentials(): { certificate: string; key: string } {
    return {
      certificate: requireText(this.#layout.path("server", "certificate.pem")),
      key: requireText(this.#layout.path("server", "key.pem")),
    };
  }

  /** The certificate that everybody trusts, PEM. */
  get authority(): string {
    return requireText(this.#layout.path("authority", "certificate.pem"));
  }

  /** For Web Push. */
  get vapidKeys(): { publicKey: string; privateKey: string } {
    return parse(this.#layout.vapid);
  }

  /** Who has this name, or `undefined`. */
  member(name: string): Member | undefined {
    return this.#members.get(name);
  }

  /** What the member may do; nothing, where nobody has this name. */
  rulesOf(name: string): readonly AccessRule[] {
    const known = this.#rules.get(name);
    if (known) return known;
    const member = this.#members.get(name);
    if (!member) return [];
    const rules = rulesOf(member);
    this.#rules.set(name, rules);
    return rules;
  }

  /** Path of the configuration for mosquitto. */
  get mosquittoConfiguration(): string {
    return this.#layout.path("mosquitto", "mosquitto.conf");
  }

  #require(name: string): Member {
    const member = this.#members.get(name);
    if (member) return member;
    const known = [...this.#members.keys()].join(", ");
    throw new UsageError(`the household in ${this.directory} has no "${name}": it has ${known}`);
  }

  #fileOf(member: Member, file: string): string {
    return join(this.#layout.folderOf(member), file);
  }
}

function names(members: readonly Member[], role: Member["role"]): string[] {
  return members.filter((member) => member.role === role).map(({ name }) => name);
}

function assertValid(file: string): void {
  const text = requireText(file);
  let end: number;
  try {
    end = Date.parse(new X509Certificate(text).validTo);
  } catch {
    throw new UsageError(`${file} is damaged: it is not a certificate`);
  }
  if (end < Date.now())
    throw new UsageError(
      `${file} expired on ${new Date(end).toISOString().slice(0, 10)}: run "thimble init" to renew it`,
    );
}
