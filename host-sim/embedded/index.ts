import type { Board } from "../board/board";
import type { Realm } from "../board/realm";
import type { Clock } from "../clock/clock";
import { createResolver } from "../network/dns";
import type { NetworkInterface } from "../network/network-interface";
import { createTCP } from "../network/tcp";
import { createTLS } from "../network/tls";
import { createUDP } from "../network/udp";
import { createWiFi } from "../network/wifi";
import { createResource, type Resources } from "./resource";
import { createSNTP } from "./sntp";
import type { DeviceTime } from "./time";
import { createTimer } from "./timer";

/** What an `import` of a firmware gets. */
export interface ModuleNamespace {
  readonly default: unknown;
}

export interface EmbeddedOptions {
  readonly board: Board;
  readonly network: NetworkInterface;
  /** The device's: whatever a callback throws goes up through it. */
  readonly clock: Clock;
  /** Of the device's realm, frozen. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly realm: Realm;
  readonly time: DeviceTime;
  /** Default: none. */
  readonly resources?: Resources | undefined;
}

type Factory = (options: EmbeddedOptions) => unknown;

const SPECIFIERS: Readonly<Record<string, Factory>> = {
  "embedded:provider/builtin": ({ board }) => board.provider,
  "embedded:io/digital": ({ board }) => board.provider.io.Digital,
  "embedded:io/digitalbank": ({ board }) => board.provider.io.DigitalBank,
  "embedded:io/i2c": ({ board }) => board.provider.io.I2C,
  "embedded:io/smbus": ({ board }) => board.provider.io.SMBus,
  "embedded:io/pwm": ({ board }) => board.provider.io.PWM,
  "embedded:io/image/in/camera": ({ board }) => board.Camera,
  "embedded:io/socket/tcp": (options) => Object.freeze(createTCP(options)),
  "embedded:io/socket/tcp/tls": (options) => Object.freeze(createTLS(options)),
  "embedded:io/socket/udp": (options) => Object.freeze(createUDP(options)),
  "embedded:network/dns/resolver/udp": (options) => Object.freeze(createResolver(options)),
  "embedded:network/interface/wifi": (options) => Object.freeze(createWiFi(options)),
  timer: ({ clock }) => createTimer(clock),
  time: ({ time }) => time.module,
  sntp: ({ network, clock }) => Object.freeze(createSNTP(network, clock)),
  Resource: ({ realm, resources = {} }) => Object.freeze(createResource(realm, resources)),
  "mc/config": ({ config }) => config,
};

/** Every module specifier that the simulator provides; the rest of a firmware is its own code. */
export const providedSpecifiers: ReadonlySet<string> = new Set(Object.keys(SPECIFIERS));

/**
 * The modules of the platform for one run of one device. Each is made when a firmware first asks for it: nothing is
 * shared between devices. With an `ssid` in its configuration a device has no route before it has joined its Wi-Fi;
 * without one it is on the network at once, as on a cable.
 * @returns `undefined` for a specifier that is not provided
 */
export function createEmbedded(options: EmbeddedOptions): (specifier: string) => ModuleNamespace | undefined {
  options.network.hasRoute = !options.config.ssid;
  const namespaces = new Map<string, ModuleNamespace>();
  return (specifier) => {
    let namespace = namespaces.get(specifier);
    const factory = Object.hasOwn(SPECIFIERS, specifier) ? SPECIFIERS[specifier] : undefined;
    if (!namespace && factory) {
      // `__esModule`: how code compiled to CommonJS knows that `default` is the default export.
      namespace = Object.freeze({ __esModule: true, default: factory(options) });
      namespaces.set(specifier, namespace);
    }
    return namespace;
  };
}
