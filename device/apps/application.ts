import UDP from "embedded:io/socket/udp";
import Resolver from "embedded:network/dns/resolver/udp";
import WiFi from "embedded:network/interface/wifi";
import ReliableClient from "../client/reliable-client";
import type { DeviceSettings, HomeClientOptions } from "../home/home-device";
import Network from "./network";
import { listSetting, numberSetting, requiredSetting, switchableSetting, textSetting } from "./settings";
import { PORT, type Preparation, prepare, socketOptions } from "./transport";

/** What an application starts: one of device/home. */
export interface Home {
  close(callback?: () => void): void;
}

/** A firmware at run time: the network first, then what TLS needs, then the device. The board never ends it; the simulator does, cleanly. */
export default class Application {
  readonly #network: Network;
  #preparation: Preparation | undefined;
  #home: Home | undefined;

  /** @param start - makes the device, once there is a network */
  constructor(start: () => Home) {
    this.#network = new Network({
      io: WiFi,
      ssid: textSetting("ssid"),
      password: textSetting("wifiPassword"),
    });
    this.#network.join(() => {
      this.#preparation = prepare(() => {
        this.#home = start();
      });
    });
  }

  /** Closes the device, then lets go of the network. */
  close(callback?: () => void): void {
    const finish = (): void => {
      this.#preparation?.close();
      this.#network.close();
      callback?.();
    };
    if (this.#home) this.#home.close(finish);
    else finish();
  }
}

/**
 * What every device is given: `config.id`, the broker, `config.topic` where the home has several of its kind, `config.name`, and
 * `config.discovery`, empty to switch Home Assistant's discovery off.
 * @param id - where `config.id` is missing
 */
export function deviceSettings(id: string): DeviceSettings {
  return {
    id: textSetting("id") ?? id,
    client: clientOptions(),
    topic: textSetting("topic"),
    name: textSetting("name"),
    discovery: switchableSetting("discovery"),
  };
}

/** The broker and this board's sockets: `config.broker` (required), `port`, `user`, `password`, `dns`. */
function clientOptions(): HomeClientOptions {
  const user = textSetting("user");
  const password = textSetting("password");
  return {
    io: ReliableClient,
    host: requiredSetting("broker"),
    port: numberSetting("port", PORT),
    ...(user === undefined ? undefined : { user }),
    ...(password === undefined ? undefined : { password }),
    dns: { io: Resolver, servers: listSetting("dns"), socket: { io: UDP } },
    socket: socketOptions(),
  };
}
