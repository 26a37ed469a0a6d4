import type WiFi from "embedded:network/interface/wifi";
import Timer from "timer";

/** Not asked to join yet, joined by somebody else, or closed. */
const IDLE = 0;
const JOINING = 1;
const JOINED = 2;
const WAITING = 3;

// Values of `connection` (ECMA-419, Network Interface Class Pattern).
const DISCONNECTED = 200;
const HAS_ADDRESS = 500;

export interface NetworkOptions {
  /** `embedded:network/interface/wifi`. */
  io: typeof WiFi;
  /** Access point; without one the network is taken to be there already, as in the simulator or on Ethernet. */
  ssid: string | undefined;
  password?: string | undefined;
  /** First delay before the next attempt, doubled with each failure; ms, default 1,000. */
  minimumDelay?: number;
  /** Longest delay, ms; default 60,000. */
  maximumDelay?: number;
  /** Time for one attempt, from `connect` to an address; ms, default 20,000. */
  joinTimeout?: number;
  /** Jitter, 0 to less than 1: a street full of devices must not join in step after a power cut. Default `Math.random`. */
  random?: () => number;
}

/**
 * Joins a Wi-Fi network and stays joined: a failed attempt, a silent one and a lost network are tried again with
 * exponential back-off. Nothing blocks. The clock is not set: nothing that is sent here carries a time, and MQTT
 * needs none; SNTP comes with TLS, whose certificates do.
 */
export default class Network {
  readonly #options: NetworkOptions;
  #wifi: WiFi | undefined;
  #timer: Timer | undefined;
  #state = IDLE;
  #failures = 0;
  #onReady: (() => void) | undefined;

  constructor(options: NetworkOptions) {
    this.#options = options;
  }

  /**
   * Joins.
   * @param onReady - called once, when there is an address; before `join` returns where there is no `ssid`
   */
  join(onReady: () => void): void {
    if (this.#options.ssid === undefined) {
      onReady();
      return;
    }
    this.#onReady = onReady;
    this.#wifi = new this.#options.io({ onChanged: () => this.#changed() });
    this.#attempt();
  }

  /** Gives up; no callback follows. The chip keeps the connection it has. */
  close(): void {
    this.#state = IDLE;
    this.#onReady = undefined;
    Timer.clear(this.#timer);
    this.#timer = undefined;
    this.#wifi?.close();
    this.#wifi = undefined;
  }

  #attempt(): void {
    const { ssid, password, joinTimeout = 20_000 } = this.#options;
    const wifi = this.#wifi!;
    this.#state = JOINING;
    this.#schedule(() => this.#expired(), joinTimeout);
    try {
      if (wifi.connection >= HAS_ADDRESS) this.#joined();
      else wifi.connect(password === undefined ? { SSID: ssid! } : { SSID: ssid!, password, secure: true });
    } catch (error) {
      this.#retry(`cannot join "${ssid}": ${(error as Error).message}`);
    }
  }

  #changed(): void {
    const connection = this.#wifi?.connection ?? 0;
    if (connection >= HAS_ADDRESS) {
      if (this.#state === JOINING) this.#joined();
    } else if (connection <= DISCONNECTED && (this.#state === JOINING || this.#state === JOINED))
      this.#retry(
        this.#state === JOINED ? "network lost" : `"${this.#options.ssid}" refused or out of reach`,
      );
  }

  #joined(): void {
    this.#state = JOINED;
    this.#failures = 0;
    Timer.clear(this.#timer);
    this.#timer = undefined;
    trace(`network: joined "${this.#options.ssid}", address ${this.#wifi?.address}\n`);
    const onReady = this.#onReady;
    this.#onReady = undefined;
    onReady?.();
  }

  #expired(): void {
    this.#timer = undefined;
    this.#state = WAITING; // what disconnect() makes the interface report is not news
    this.#wifi?.disconnect();
    this.#retry(`no address from "${this.#options.ssid}" in time`);
  }

  #retry(reason: string): void {
    const { minimumDelay = 1_000, maximumDelay = 60_000, random = Math.random } = this.#options;
    this.#state = WAITING;
    const longest = Math.min(maximumDelay, minimumDelay * 2 ** this.#failures);
    const delay = Math.round((longest * (1 + random())) / 2);
    this.#failures += 1;
    trace(`network: ${reason}; next attempt in ${delay} ms\n`);
    this.#schedule(() => {
      this.#timer = undefined;
      this.#attempt();
    }, delay);
  }

  #schedule(callback: () => void, delay: number): void {
    Timer.clear(this.#timer);
    this.#timer = Timer.set(callback, delay);
  }
}
