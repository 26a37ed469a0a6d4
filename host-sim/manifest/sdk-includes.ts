/**
 * Which module specifiers the included manifests of the Moddable SDK provide.
 * The SDK is not at hand when the check runs, so its manifests are opaque: this table says what they give, per platform.
 * Read from Moddable SDK 8.2.3 (`mcconfig` without `-m` writes the same list into its make file as MODULES).
 * Only what a firmware may want to import is listed; what manifests/include/application.json takes out ("~") is not.
 */

interface SDKInclude {
  /** On every platform. */
  readonly common: readonly string[];
  /** In addition, by the first part of the platform's name. */
  readonly esp32: readonly string[];
  readonly lin: readonly string[];
}

const BASE: SDKInclude = {
  common: ["Resource", "time", "timer"],
  esp32: ["preference"],
  lin: [],
};

const NET: SDKInclude = {
  common: [...BASE.common, "net", "sntp", "socket"],
  esp32: [...BASE.esp32, "embedded:network/interface/wifi"],
  lin: [],
};

/** ECMA-419 IO. `lin` has sockets and serial only: no Host Provider, no pins, no buses. */
const IO: SDKInclude = {
  common: [...NET.common, "system", "embedded:io/serial", "embedded:io/socket/tcp", "embedded:io/socket/udp"],
  esp32: [
    ...NET.esp32,
    "embedded:io/analog",
    "embedded:io/digital",
    "embedded:io/digitalbank",
    "embedded:io/i2c",
    "embedded:io/pulsecount",
    "embedded:io/pulsewidth",
    "embedded:io/pwm",
    "embedded:io/smbus",
    "embedded:io/spi",
    "embedded:provider/builtin",
  ],
  lin: NET.lin,
};

const DNS: readonly string[] = ["dns", "dns/parser", "dns/serializer", "embedded:network/dns/resolver/udp"];

const TLS: readonly string[] = ["ssl/session", "embedded:io/socket/tcp/tls"];

const CAMERA: SDKInclude = {
  common: ["embedded:io/image/in/camera"],
  esp32: [],
  lin: [],
};

const INCLUDES: ReadonlyMap<string, SDKInclude> = new Map([
  ["$(MODDABLE)/examples/manifest_base.json", BASE],
  ["$(MODDABLE)/examples/manifest_net.json", NET],
  ["$(MODDABLE)/modules/io/manifest.json", IO],
  ["$(MODDABLE)/examples/io/udp/dns/manifest_dns.json", { ...IO, common: [...IO.common, ...DNS] }],
  ["$(MODDABLE)/modules/io/imagein/camera/manifest.json", CAMERA],
  ["$(MODDABLE)/examples/io/tcp/tlssocket/manifest.json", { ...IO, common: [...IO.common, ...TLS] }],
]);

/** Every firmware has this one: `mcconfig` makes it from the manifest's `config`. */
export const GENERATED_SPECIFIERS: readonly string[] = ["mc/config"];

/**
 * @param include - as written in the manifest: `$(MODDABLE)/examples/manifest_base.json`
 * @param platform - `esp32`, `esp32/xiao_esp32s3_sense`, `lin`
 * @returns the specifiers it provides; undefined when the table does not know it
 */
export function sdkIncludeSpecifiers(include: string, platform: string): readonly string[] | undefined {
  const known = INCLUDES.get(include);
  if (known === undefined) return undefined;
  const family = platform.split("/")[0];
  if (family === "esp32") return [...known.common, ...known.esp32];
  return family === "lin" ? [...known.common, ...known.lin] : known.common;
}
