import type { CameraConstructor } from "../board/camera";
import { copyToRealm, hostRealm } from "../board/realm";
import type { EngineEnvironment } from "../embedded/device-engine";
import { createEmbedded } from "../embedded/index";
import { readResource } from "../embedded/resource";
import type { TimeModule } from "../embedded/time";
import { type BridgedClass, BridgedObject, bridge, construct, type HostClass } from "./device-bridge";
import { cameraFunctions } from "./device-camera";
import type { EngineInstance } from "./engine-instance";
import type { HostFunctions } from "./machine";
import { Reference } from "./reference";
import { createTimerFunctions } from "./timer-module";

/** Classes of the platform that need nothing but the bridge, by the names in device-modules.ts. */
const CLASSES: readonly { specifier: string; name: string; last?: Record<string, readonly string[]> }[] = [
  { specifier: "embedded:io/digital", name: "Digital" },
  { specifier: "embedded:io/digitalbank", name: "DigitalBank" },
  { specifier: "embedded:io/i2c", name: "I2C" },
  { specifier: "embedded:io/smbus", name: "SMBus" },
  { specifier: "embedded:io/pwm", name: "PWM" },
  { specifier: "embedded:io/socket/tcp", name: "TCP" },
  { specifier: "embedded:io/socket/udp", name: "UDP" },
  {
    specifier: "embedded:network/dns/resolver/udp",
    name: "Resolver",
    last: { resolve: ["onResolved", "onError"] },
  },
  { specifier: "embedded:network/interface/wifi", name: "WiFi", last: { scan: ["onComplete"] } },
];

/** The host functions of one machine: the same classes as in Node's engine, behind handles and copies. */
export function platformFunctions(environment: EngineEnvironment, instance: EngineInstance): HostFunctions {
  const { board, network, clock, config, time, resources = {} } = environment;
  board.realm = hostRealm;
  const platform = createEmbedded({ board, network, clock, config, realm: hostRealm, time });
  const exportOf = (specifier: string): unknown => platform(specifier)?.default;
  const functions: Record<string, HostFunctions[string]> = {
    ...createTimerFunctions(clock).functions,
    ...timeFunctions(time.module),
    "Resource.read": ({ parameters }) =>
      copyToRealm(hostRealm, readResource(hostRealm, resources, String(parameters[0]))),
    "Resource.exists": ({ parameters }) => Object.hasOwn(resources, String(parameters[0])),
    ...cameraFunctions(board.Camera as CameraConstructor, instance),
    ...sntpFunctions(exportOf("sntp") as HostClass),
    ...tlsFunctions(exportOf("embedded:io/socket/tcp/tls") as HostClass, exportOf("embedded:io/socket/tcp")),
  };
  for (const { specifier, name, last } of CLASSES) {
    const Host = exportOf(specifier) as HostClass;
    Object.assign(functions, bridge({ name, Host, ...(last ? { lastCallbacks: last } : {}) }));
  }
  const readPacket = functions["UDP.read"]!;
  functions["UDP.read"] = (call) => {
    const data = readPacket(call) as (ArrayBuffer & { address: string; port: number }) | undefined;
    return data && { data, address: data.address, port: data.port };
  };
  return functions;
}

function timeFunctions(time: TimeModule): HostFunctions {
  return {
    "Time.set": ({ parameters }) => time.set(Number(parameters[0])),
    "Time.get timezone": () => time.timezone,
    "Time.set timezone": ({ parameters }) => {
      time.timezone = Number(parameters[0]);
    },
    "Time.get dst": () => time.dst,
    "Time.set dst": ({ parameters }) => {
      time.dst = Number(parameters[0]);
    },
    "Time.get ticks": () => time.ticks,
    "Time.delta": ({ parameters: [start, end] }) =>
      end === undefined ? time.delta(Number(start)) : time.delta(Number(start), Number(end)),
  };
}

/** It makes its TCP socket itself, of the class that it is given: on the host, of the host's. */
function tlsFunctions(Host: HostClass, TCP: unknown): HostFunctions {
  const bridged: BridgedClass = { name: "TLS", Host };
  return {
    ...bridge(bridged),
    "TLS.constructor": (call) => {
      const options = call.parameters[0] as { readonly TCP?: { readonly io?: unknown } };
      if (options.TCP?.io instanceof Reference) options.TCP.io.release();
      const parameters = [{ ...options, TCP: { ...options.TCP, io: TCP } }];
      return construct(bridged, { ...call, parameters });
    },
  };
}

/** Its callback is a parameter, not an option, and says with what it returns which server is next. */
function sntpFunctions(Host: HostClass): HostFunctions {
  const SNTP = Host as unknown as {
    new (options: object, callback: (message: number, value: unknown) => unknown): object;
    readonly retry: number;
  };
  return {
    ...bridge({ name: "SNTP", Host }),
    "SNTP.constructor": (call) => {
      const [options, callback] = call.parameters;
      if (!(callback instanceof Reference)) throw new TypeError("no callback");
      const object = new BridgedObject(call);
      object.host = new SNTP(options as object, (message, value) => {
        const next = object.ask(callback, [message, value]);
        if (message !== SNTP.retry && typeof next !== "string") object.release();
        return next;
      });
      return object;
    },
  };
}
