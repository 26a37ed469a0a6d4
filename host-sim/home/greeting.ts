import { type BrokerAddress, formatBrokerAddress } from "./broker-address";

export interface GreetingOptions {
  readonly broker: BrokerAddress;
  /** MQTT over WebSocket, where the house brings its broker. */
  readonly webSocketURL?: string | undefined;
  readonly devices: readonly string[];
}

/** What the command prints first: where the broker is, and how to listen and to act from another terminal. */
export function greeting(options: GreetingOptions): string {
  const { broker } = options;
  const target = `-h ${broker.host} -p ${broker.port}${credentials(broker)}`;
  const webSocket = options.webSocketURL === undefined ? "" : ` and ${options.webSocketURL}`;
  return [
    `Thimble house: ${options.devices.join(", ")}`,
    `Broker: ${formatBrokerAddress(broker)}${webSocket}`,
    "",
    "Listen from another terminal (Debian: mosquitto-clients):",
    `  mosquitto_sub ${target} -v -t 'home/#' -T home/camera/image`,
    "Switch the lamp:",
    `  mosquitto_pub ${target} -t home/light/set -m '{"state":"ON","brightness":128}'`,
    "Or in Python (Debian: python3-paho-mqtt):",
    ...pahoScript(broker).map((line) => (line === "" ? "" : `  ${line}`)),
    "",
    "Ctrl-C ends the house.",
  ].join("\n");
}

/** A Python subscriber that also publishes; for paho-mqtt 1.x, as Debian ships it. */
export function pahoScript(broker: BrokerAddress): string[] {
  return [
    "import paho.mqtt.client as mqtt",
    "",
    "def on_message(client, userdata, message):",
    "    print(message.topic, message.payload.decode(), flush=True)",
    "",
    "client = mqtt.Client()",
    "client.on_message = on_message",
    ...(broker.user === undefined ? [] : [`client.username_pw_set(${JSON.stringify(broker.user)}, "***")`]),
    `client.connect(${JSON.stringify(broker.host)}, ${broker.port})`,
    'client.subscribe("home/temp")',
    'client.publish("home/temp", "20.0")',
    "client.loop_forever()",
  ];
}

function credentials(broker: BrokerAddress): string {
  return broker.user === undefined ? "" : ` -u ${broker.user} -P '***'`;
}
