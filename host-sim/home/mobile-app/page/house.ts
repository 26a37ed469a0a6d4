import { DEADLINE } from "../../../../device/client/delivery";
import ReliableClient from "../../../../device/client/reliable-client";
import { version5 } from "../../../../device/client/version-5/version-5";
import {
  CAMERA_EVENT,
  CAMERA_IMAGE,
  LIGHT_COMMAND,
  LIGHT_STATE,
  LOG,
  STATUS,
  type StreamRow,
  TEMPERATURE,
} from "../../../../device/home/topics";
import { fetchHistory, fetchMotions } from "./history";
import {
  connectionChanged,
  emptyState,
  type HouseState,
  historyKnown,
  lampDeviceOf,
  type Message,
  motionsKnown,
  received,
  withLamp,
} from "./house-state";
import { commanded, delivered, dropped, formatWish, lapsed, refused, type Wish } from "./lamp";
import { keepState, recallState } from "./memory";
import { PhoneResolver, PhoneSocket } from "./phone-network";

export interface HouseOptions {
  readonly member: string;
  /** Whether the house has trends, which know what was before. */
  readonly trends: boolean;
  /** The same for alerts. */
  readonly alerts: boolean;
  /**
   * The connection is over, or did not come about; why, a browser keeps to itself.
   * @returns whether the house is there and the session goes on
   */
  checkSession(): Promise<boolean>;
}

/** A command that cannot be sent for so long is given up, ms: whoever wanted light has found the switch by then. */
export const COMMAND_DEADLINE: number = LIGHT_COMMAND.deadline ?? 10_000;
/** Nor shall the broker keep it for a lamp that is back hours later, and then switch light in an empty room (MQTT 5.0). */
const COMMAND_PROPERTIES = { messageExpiryInterval: COMMAND_DEADLINE / 1_000 };
/** A lamp that has been asked answers within, ms. */
const ANSWER_TIMEOUT = 5_000;
/** Of a picture, bytes. */
const LARGEST_MESSAGE = 1_048_576;
const BUFFER = 16_384;
const KEEP_ALIVE = 20_000;
const LONGEST_DELAY = 15_000;
/** Without a connection the house is asked so often whether it is there, ms: back-off alone would leave a person waiting. */
const PROBE_INTERVAL = 3_000;
/** From a change to its being kept, ms. */
const KEEP_DELAY = 1_000;
const RANDOM_CHARACTERS = 12;

/** The house as the phone knows it: Thimble's own client at the bridge, and what came of its messages. */
export class House {
  state: HouseState;
  readonly #options: HouseOptions;
  readonly #client: ReliableClient;
  readonly #listeners = new Set<() => void>();
  readonly #answers = new Map<number, number>();
  readonly #ending = new AbortController();
  #keeping: number | undefined;
  #probing: number | undefined;

  constructor(options: HouseOptions) {
    this.#options = options;
    this.state = { ...emptyState(Date.now()), ...recallState(options.member) };
    this.#client = this.#connect();
    const { signal } = this.#ending;
    window.addEventListener("online", () => this.#client.reconnect(), { signal });
    window.addEventListener("pagehide", () => this.#keep(), { signal });
    // A phone that was asleep has missed its turn to try again.
    document.addEventListener("visibilitychange", () => this.#woken(), { signal });
  }

  /** Calls `listener` after each change of `state`. @returns what ends that */
  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Asks a lamp for something. Without a connection it is asked as soon as there is one, within `COMMAND_DEADLINE`. */
  switchLamp(topic: string, wish: Wish): void {
    const device = lampDeviceOf(topic);
    if (device !== undefined && this.state.devices[device]?.online === false && this.#client.connected) {
      this.#change(withLamp(this.state, topic, (lamp) => refused(lamp, "The lamp itself is offline.")));
      return;
    }
    const { QoS } = LIGHT_COMMAND;
    const token = this.#client.publish(`${topic}/set`, formatWish(wish), {
      QoS,
      delivery: DEADLINE,
      deadline: COMMAND_DEADLINE,
      properties: COMMAND_PROPERTIES,
    });
    const { connected } = this.#client;
    this.#change(withLamp(this.state, topic, (lamp) => commanded(lamp, wish, token, connected, Date.now())));
    this.#lapseAfter(topic, token, COMMAND_DEADLINE + ANSWER_TIMEOUT);
  }

  /** Parts from the house; `state` stays as it is. */
  close(): void {
    this.#ending.abort();
    for (const timeout of this.#answers.values()) window.clearTimeout(timeout);
    window.clearTimeout(this.#keeping);
    window.clearTimeout(this.#probing);
    this.#listeners.clear();
    this.#client.close();
  }

  #connect(): ReliableClient {
    const secure = location.protocol === "https:";
    const house = this;
    return new ReliableClient({
      // Of an IPv6 address a URL has it in brackets, a socket not.
      host: location.hostname.replace(/^\[(.*)\]$/, "$1"),
      port: location.port === "" ? (secure ? 443 : 80) : Number(location.port),
      id: `app-${this.#options.member}-${randomText()}`,
      clean: true,
      protocol: version5,
      keepAlive: KEEP_ALIVE,
      maximumDelay: LONGEST_DELAY,
      messageByteLength: LARGEST_MESSAGE,
      bufferByteLength: BUFFER,
      dns: { io: PhoneResolver },
      socket: { io: PhoneSocket, path: "/mqtt", secure },
      onConnect() {
        for (const row of [TEMPERATURE, LIGHT_STATE, CAMERA_EVENT, CAMERA_IMAGE])
          for (const topicFilter of topicFiltersOf(row)) this.subscribe(topicFilter, row.QoS);
        for (const row of [STATUS, LOG]) this.subscribe(row.topic.replace("<id>", "+"), row.QoS);
        house.#change(connectionChanged(house.state, "connected", Date.now()));
        void house.#recall();
      },
      onDisconnect: () => {
        this.#change(connectionChanged(this.state, "disconnected", Date.now()));
        this.#probeAfter(0);
      },
      onError: () => this.#probeAfter(PROBE_INTERVAL),
      onMessage: (topic, payload, _QoS, retain) => this.#received({ topic, payload, retain }),
      onDelivered: (token) => this.#delivered(token),
      onDropped: (token) => this.#dropped(token),
    });
  }

  /** Chart and list begin with what was before. */
  async #recall(): Promise<void> {
    const { trends, alerts } = this.#options;
    const [history, motions] = await Promise.all([
      trends ? fetchHistory(Date.now()) : new Map(),
      alerts ? fetchMotions() : [],
    ]);
    if (this.#client.connected) this.#change(motionsKnown(historyKnown(this.state, history), motions));
  }

  /** Unless the house is being asked already. */
  #probeAfter(delay: number): void {
    this.#probing ??= window.setTimeout(() => this.#probe(), delay);
  }

  async #probe(): Promise<void> {
    const isThere = !this.#client.connected && (await this.#options.checkSession());
    this.#probing = undefined;
    if (this.#ending.signal.aborted || this.#client.connected) return;
    if (isThere) this.#client.reconnect();
    this.#probeAfter(PROBE_INTERVAL);
  }

  #received(message: Message): void {
    this.#change(received(this.state, message, Date.now()));
  }

  #delivered(token: number): void {
    const topic = this.#lampOf(token);
    if (topic === undefined) return;
    this.#change(withLamp(this.state, topic, (lamp) => delivered(lamp, token)));
    this.#lapseAfter(topic, token, ANSWER_TIMEOUT);
  }

  /** In place of what was arranged for this command before. */
  #lapseAfter(topic: string, token: number, delay: number): void {
    window.clearTimeout(this.#answers.get(token));
    const timeout = window.setTimeout(() => {
      this.#answers.delete(token);
      this.#change(withLamp(this.state, topic, (lamp) => lapsed(lamp, token)));
    }, delay);
    this.#answers.set(token, timeout);
  }

  #dropped(token: number): void {
    const topic = this.#lampOf(token);
    if (topic === undefined) return;
    const reason = `Not sent: there was no connection to the house for ${COMMAND_DEADLINE / 1_000} s.`;
    this.#change(withLamp(this.state, topic, (lamp) => dropped(lamp, token, reason)));
  }

  #lampOf(token: number): string | undefined {
    return Object.keys(this.state.lamps).find((topic) => this.state.lamps[topic]?.pending?.token === token);
  }

  #change(state: HouseState): void {
    if (state === this.state) return;
    this.state = state;
    for (const listener of this.#listeners) listener();
    this.#keeping ??= window.setTimeout(() => this.#keep(), KEEP_DELAY);
  }

  #keep(): void {
    window.clearTimeout(this.#keeping);
    this.#keeping = undefined;
    keepState(this.#options.member, this.state);
  }

  #woken(): void {
    if (document.visibilityState === "visible") this.#client.reconnect();
  }
}

/** Where there is one such device in the home, and where there are several. */
function topicFiltersOf({ topic }: StreamRow): string[] {
  return [topic, topic.replace(/^home\//, "home/+/")];
}

/** Two windows of one phone are two clients. */
function randomText(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(RANDOM_CHARACTERS));
  return Array.from(bytes, (byte) => (byte % 36).toString(36)).join("");
}
