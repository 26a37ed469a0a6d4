import { type BrokerAddress, formatBrokerAddress } from "../broker/broker-address";
import type { Household } from "../household/household";

export interface GreetingOptions {
  readonly broker: BrokerAddress;
  /** MQTT over WebSocket, where the house brings its broker. */
  readonly webSocketURL?: string | undefined;
  readonly devices: readonly string[];
  /** Where the house has one. */
  readonly app?:
    | {
        readonly address: string;
        /** For other machines, where it lets any in. */
        readonly outside?: string | undefined;
        readonly guestCode: string | undefined;
      }
    | undefined;
  /** Whose members the broker lets in. */
  readonly household?: Household | undefined;
}

/** What the command prints first: where the broker is, and how to listen and to act from another terminal. */
export function greeting(options: GreetingOptions): string {
  const { broker, household } = options;
  const files = household?.pathsOf(household.people[0] ?? "mobile-app");
  const target = `-h ${broker.host} -p ${broker.port}${credentials(broker, files)}`;
  const webSocket = options.webSocketURL === undefined ? "" : ` and ${options.webSocketURL}`;
  return [
    `Thimble house: ${options.devices.join(", ")}`,
    `Broker: ${formatBrokerAddress(broker)}${webSocket}`,
    ...doors(options),
    ...appLines(options),
    "",
    "Listen from another terminal (Debian: mosquitto-clients):",
    `  mosquitto_sub ${target} -v -t 'home/#' -T home/camera/image`,
    "Switch the lamp:",
    `  mosquitto_pub ${target} -t home/light/set -m '{"state":"ON","brightness":128}'`,
    "Or in Python (Debian: python3-paho-mqtt):",
    ...pahoScript(broker, files).map((line) => (line === "" ? "" : `  ${line}`)),
    "",
    "Ctrl-C ends the house.",
  ].join("\n");
}

/** A Python subscriber that also publishes; for paho-mqtt 1.x, as Debian ships it. */
export function pahoScript(broker: BrokerAddress, files?: CredentialFiles): string[] {
  return [
    "import paho.mqtt.client as mqtt",
    "",
    "def on_message(client, userdata, message):",
    "    print(message.topic, message.payload.decode(), flush=True)",
    "",
    "client = mqtt.Client()",
    "client.on_message = on_message",
    ...(broker.user === undefined ? [] : [`client.username_pw_set(${JSON.stringify(broker.user)}, "***")`]),
    ...(files === undefined
      ? []
      : [
          `client.tls_set(${[files.authority, files.certificate, files.key].map((file) => JSON.stringify(file)).join(", ")})`,
        ]),
    `client.connect(${JSON.stringify(broker.host)}, ${broker.port})`,
    // Behind locks only the sensor itself may publish a temperature.
    ...(files === undefined
      ? ['client.subscribe("home/temp")', 'client.publish("home/temp", "20.0")']
      : ['client.subscribe("home/light")', `client.publish("home/light/set", '{"state":"ON"}')`]),
    "client.loop_forever()",
  ];
}

type CredentialFiles = ReturnType<Household["pathsOf"]>;

/** Where phones go, and how their people get in. What stands behind # stays in the browser. */
function appLines({ app, household }: GreetingOptions): string[] {
  if (!app) return [];
  const { address, outside, guestCode } = app;
  if (guestCode !== undefined)
    return [`App: ${address}/#code=${guestCode}  (code ${guestCode}, for this run)`];
  const names = household?.people.join(", ") || "nobody yet: thimble init --person NAME";
  return [`App: ${address}${outside === undefined ? "" : `, on phones ${outside}`}  (for ${names})`];
}

/** Who can come in. */
function doors({ household, webSocketURL }: GreetingOptions): string[] {
  if (household) return [`The doors are locked: it lets in the members of ${household.directory} only.`];
  // Of another broker this one knows nothing.
  if (webSocketURL === undefined) return [];
  return [
    "The doors are not locked: whoever is on this machine may listen and command. thimble init makes locks.",
  ];
}

function credentials(broker: BrokerAddress, files: CredentialFiles | undefined): string {
  if (files) return ` --cafile ${files.authority} --cert ${files.certificate} --key ${files.key}`;
  return broker.user === undefined ? "" : ` -u ${broker.user} -P '***'`;
}
