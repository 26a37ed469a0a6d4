import { closedError, makeError, type Realm } from "../board/realm";
import type { Clock, ScheduledCallback } from "../clock/clock";
import type { NetworkInterface } from "./network-interface";

/** Values of `connection` (ECMA-419, Network Interface Class Pattern). */
export const DISCONNECTED = 200;
export const CONNECTING = 300;
export const CONNECTED = 400;
export const HAS_ADDRESS = 500;

/** Simulated durations, ms. */
export const ASSOCIATION_TIME = 800;
export const ADDRESS_TIME = 400;
/** Until an access point that does not answer, or does not take the password, is given up. */
export const ASSOCIATION_TIMEOUT = 3_000;
const ADDRESS_RETRY = 1_000;
const SCAN_TIME = 1_500;

export interface WiFiOptions {
  readonly onChanged?: (this: WiFiInterface, property: "connection" | "address") => void;
  readonly target?: unknown;
}

export interface WiFiInterface {
  target?: unknown;
  readonly connection: number;
  readonly address: string | undefined;
  readonly MAC: string;
  readonly SSID: string | undefined;
  readonly BSSID: string | undefined;
  readonly RSSI: number | undefined;
  readonly channel: number | undefined;
  connect(options: { readonly SSID: string; readonly password?: string }): void;
  disconnect(): void;
  scan(options: { readonly onFound?: (result: object) => void; readonly onComplete?: () => void }): void;
  configure(options: object): void;
  close(): void;
}

export type WiFiClass = new (options: WiFiOptions) => WiFiInterface;

const BSSID = "24:0a:c4:ff:00:01";
const RSSI = -52;
const CHANNEL = 6;

/**
 * The one Wi-Fi station of a device. It survives the WiFi instances, and like ESP-IDF's it never joins again by itself.
 */
class Station {
  readonly #network: NetworkInterface;
  readonly #clock: Clock;
  #scheduled: ScheduledCallback | undefined;
  connection: number = DISCONNECTED;
  SSID: string | undefined;
  /** The listeners of the open WiFi instances. */
  readonly listeners: Set<(addressChanged: boolean) => void> = new Set();

  constructor(network: NetworkInterface, clock: Clock) {
    this.#network = network;
    this.#clock = clock;
    network.onAccessPoint = (inReach) => {
      if (!inReach && this.connection > DISCONNECTED) this.#lost();
    };
  }

  join(SSID: string, password: string | undefined): void {
    this.#move(CONNECTING);
    const wanted = this.#network.accessPoint;
    const accepts =
      wanted === undefined ||
      (wanted.SSID === SSID && (wanted.password === undefined || wanted.password === password));
    this.#scheduled = this.#clock.schedule(
      () => {
        if (accepts && this.#network.accessPointInReach) this.#associated(SSID);
        else this.#lost();
      },
      accepts && this.#network.accessPointInReach ? ASSOCIATION_TIME : ASSOCIATION_TIMEOUT,
    );
  }

  leave(): void {
    this.#move(DISCONNECTED);
  }

  #associated(SSID: string): void {
    this.#move(CONNECTED);
    this.SSID = SSID;
    this.#askForAddress(ADDRESS_TIME);
    this.#tell(false);
  }

  #askForAddress(delay: number): void {
    this.#scheduled = this.#clock.schedule(() => {
      if (!this.#network.isOpen) {
        this.#askForAddress(ADDRESS_RETRY);
        return;
      }
      this.#move(HAS_ADDRESS);
      this.#tell(true);
    }, delay);
  }

  #lost(): void {
    this.#move(DISCONNECTED);
    this.#tell(false);
  }

  #move(connection: number): void {
    this.#clock.cancel(this.#scheduled);
    this.#scheduled = undefined;
    this.connection = connection;
    this.#network.hasRoute = connection === HAS_ADDRESS;
    if (connection < CONNECTED) this.SSID = undefined;
  }

  #tell(addressChanged: boolean): void {
    for (const listener of [...this.listeners])
      this.#clock.schedule(() => {
        if (this.listeners.has(listener)) listener(addressChanged);
      }, 0);
  }
}

/**
 * Makes the class that `embedded:network/interface/wifi` exports on one device. A device that joins has no route until
 * its Wi-Fi has an address. While the network is cut an access point answers, but no address is assigned.
 */
export function createWiFi(environment: {
  readonly network: NetworkInterface;
  readonly clock: Clock;
  readonly realm: Realm;
}): WiFiClass {
  const { network, clock, realm } = environment;
  const station = new Station(network, clock);

  return class WiFi implements WiFiInterface {
    declare target?: unknown;
    readonly #listener: (addressChanged: boolean) => void;
    #connection: number;
    #isClosed = false;

    constructor(options: WiFiOptions) {
      const onChanged = options?.onChanged ?? undefined;
      if (onChanged !== undefined && typeof onChanged !== "function")
        throw makeError(realm, "Error", "not a function");
      if (options && "target" in options) this.target = options.target;
      this.#connection = station.connection;
      this.#listener = (addressChanged) => {
        const before = this.#connection;
        this.#connection = station.connection;
        if (before !== this.#connection) onChanged?.call(this, "connection");
        if (addressChanged && !this.#isClosed) onChanged?.call(this, "address");
      };
      station.listeners.add(this.#listener);
    }

    get connection(): number {
      this.#validate();
      return this.#connection;
    }

    get address(): string | undefined {
      this.#validate();
      return station.connection === HAS_ADDRESS ? network.address : undefined;
    }

    get MAC(): string {
      this.#validate();
      return network.MAC;
    }

    get SSID(): string | undefined {
      this.#validate();
      return station.SSID;
    }

    get BSSID(): string | undefined {
      return this.SSID === undefined ? undefined : BSSID;
    }

    get RSSI(): number | undefined {
      return this.SSID === undefined ? undefined : RSSI;
    }

    get channel(): number | undefined {
      return this.SSID === undefined ? undefined : CHANNEL;
    }

    connect(options: { readonly SSID: string; readonly password?: string }): void {
      this.#validate();
      if (this.#connection === CONNECTING) throw makeError(realm, "Error", "already connecting");
      if (options?.SSID === undefined) throw makeError(realm, "Error", "SSID required");
      station.join(
        String(options.SSID),
        options.password === undefined ? undefined : String(options.password),
      );
      this.#connection = CONNECTING;
    }

    disconnect(): void {
      this.#validate();
      station.leave();
      this.#connection = DISCONNECTED;
    }

    scan(options: { readonly onFound?: (result: object) => void; readonly onComplete?: () => void }): void {
      this.#validate();
      const { onFound, onComplete } = options;
      if (!onFound) throw makeError(realm, "Error", "onFound required");
      clock.schedule(() => {
        if (this.#isClosed) return;
        const SSID = network.accessPoint?.SSID ?? "Thimble";
        if (network.accessPointInReach) onFound.call(this, { SSID, BSSID, RSSI, channel: CHANNEL });
        if (!this.#isClosed) onComplete?.call(this);
      }, SCAN_TIME);
    }

    /** Host name and static addresses have no effect in the simulator. */
    configure(_options: object): void {
      this.#validate();
    }

    close(): void {
      this.#isClosed = true;
      station.listeners.delete(this.#listener);
    }

    #validate(): void {
      if (this.#isClosed) throw closedError(realm);
    }
  };
}
