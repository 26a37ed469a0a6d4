import type WiFi from "embedded:network/interface/wifi";
import type { WiFiConnectOptions, WiFiOptions } from "embedded:network/interface/wifi";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import Network, { type NetworkOptions } from "../../device/apps/network";
import { clock } from "../support/timer";

const DISCONNECTED = 200;
const CONNECTING = 300;
const CONNECTED = 400;
const HAS_ADDRESS = 500;

/** The Wi-Fi interface of ECMA-419 as Moddable's ESP32 has it; the test is the access point. */
class FakeWiFi {
  static last: FakeWiFi;
  /** State before the first `connect`. */
  static initial = DISCONNECTED;
  connection = FakeWiFi.initial;
  address: string | undefined;
  readonly attempts: { at: number; options: WiFiConnectOptions }[] = [];
  disconnects = 0;
  closed = false;
  refuses = false;
  readonly #onChanged: WiFiOptions["onChanged"];

  constructor(options: WiFiOptions) {
    this.#onChanged = options.onChanged;
    FakeWiFi.last = this;
  }

  connect(options: WiFiConnectOptions): void {
    this.attempts.push({ at: clock.now(), options });
    if (this.refuses) throw new Error("connect failed");
    if (this.connection === CONNECTING) throw new Error("already connecting");
    this.connection = CONNECTING;
  }

  disconnect(): void {
    this.disconnects += 1;
    this.connection = DISCONNECTED;
  }

  close(): void {
    this.closed = true;
  }

  change(connection: number): void {
    this.connection = connection;
    if (!this.closed) this.#onChanged?.call(this as unknown as WiFi, "connection");
  }
}

let networks: Network[];
let ready: number;

beforeEach(() => {
  FakeWiFi.initial = DISCONNECTED;
  networks = [];
  ready = 0;
});

afterEach(() => {
  for (const network of networks) network.close();
  expect(clock.pending).toBe(0);
});

function join(options: Partial<NetworkOptions> = {}): { network: Network; wifi: FakeWiFi } {
  const network = new Network({
    io: FakeWiFi as unknown as typeof WiFi,
    ssid: "home",
    password: "secret",
    random: () => 1 - Number.EPSILON,
    ...options,
  });
  networks.push(network);
  network.join(() => {
    ready += 1;
  });
  return { network, wifi: FakeWiFi.last };
}

describe("joining", () => {
  it("calls back at once without an ssid, and touches no interface", () => {
    const before = FakeWiFi.last;
    join({ ssid: undefined });
    expect(ready).toBe(1);
    expect(FakeWiFi.last).toBe(before);
  });

  it("calls back once there is an address, not at the access point already", () => {
    const { wifi } = join();
    expect(wifi.attempts.map(({ options }) => options)).toEqual([
      { SSID: "home", password: "secret", secure: true },
    ]);
    wifi.change(CONNECTED);
    expect(ready).toBe(0);
    wifi.change(HAS_ADDRESS);
    wifi.change(HAS_ADDRESS);
    expect(ready).toBe(1);
  });

  it("gives no password to an open network", () => {
    const { wifi } = join({ password: undefined });
    expect(wifi.attempts[0]?.options).toEqual({ SSID: "home" });
  });

  it("uses a connection that something else has made", () => {
    FakeWiFi.initial = HAS_ADDRESS;
    const { wifi } = join();
    expect(ready).toBe(1);
    expect(wifi.attempts).toEqual([]);
  });
});

describe("an attempt that fails", () => {
  it("waits 1, 2, 4 ... 60 s with the longest jitter, and at least half of that with the shortest", () => {
    for (const [random, factor] of [
      [1 - Number.EPSILON, 1],
      [0, 0.5],
    ] as const) {
      const { network, wifi } = join({ random: () => random });
      for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60]) {
        const { length } = wifi.attempts;
        wifi.change(DISCONNECTED);
        clock.advance(seconds * factor * 1_000 - 1);
        expect(wifi.attempts).toHaveLength(length);
        clock.advance(1);
        expect(wifi.attempts).toHaveLength(length + 1);
      }
      network.close();
    }
  });

  it("because connect() throws is tried again", () => {
    class Refusing extends FakeWiFi {
      override refuses = true;
    }
    const { wifi } = join({ io: Refusing as unknown as typeof WiFi });
    expect(wifi.attempts).toHaveLength(1);
    wifi.refuses = false;
    clock.advance(1_000);
    expect(wifi.attempts).toHaveLength(2);
    wifi.change(HAS_ADDRESS);
    expect(ready).toBe(1);
  });

  it("because nothing happens is given up after its time, and tried again from disconnected", () => {
    const { wifi } = join({ joinTimeout: 5_000 });
    wifi.change(CONNECTED); // and no address
    clock.advance(5_000);
    expect(wifi.disconnects).toBe(1);
    clock.advance(1_000);
    expect(wifi.attempts).toHaveLength(2);
    wifi.change(HAS_ADDRESS);
    clock.advance(60_000);
    expect(ready).toBe(1);
    expect(wifi.attempts).toHaveLength(2);
  });

  it("counts once, however often the interface reports it", () => {
    const { wifi } = join();
    wifi.change(DISCONNECTED);
    wifi.change(DISCONNECTED);
    clock.advance(1_000);
    expect(wifi.attempts).toHaveLength(2);
  });
});

describe("a network that is lost", () => {
  it("is joined again, from the first delay, without a second callback", () => {
    const { wifi } = join();
    for (let failure = 0; failure < 5; failure += 1) {
      wifi.change(DISCONNECTED);
      clock.advance(60_000);
    }
    wifi.change(HAS_ADDRESS);
    clock.advance(600_000);
    const { length } = wifi.attempts;
    wifi.change(DISCONNECTED);
    clock.advance(1_000);
    expect(wifi.attempts).toHaveLength(length + 1);
    wifi.change(HAS_ADDRESS);
    expect(ready).toBe(1);
  });

  it("is not given up for a moment without an address", () => {
    const { wifi } = join();
    wifi.change(HAS_ADDRESS);
    wifi.change(CONNECTED);
    wifi.change(HAS_ADDRESS);
    clock.advance(60_000);
    expect(wifi.attempts).toHaveLength(1);
  });
});

describe("closing the network", () => {
  it("ends attempts and timers, and no callback follows", () => {
    const { network, wifi } = join();
    wifi.change(DISCONNECTED);
    network.close();
    network.close();
    clock.advance(60_000);
    expect(wifi.attempts).toHaveLength(1);
    expect(wifi.closed).toBe(true);
    expect(ready).toBe(0);
  });

  it("can happen inside the callback", () => {
    const network = new Network({ io: FakeWiFi as unknown as typeof WiFi, ssid: "home" });
    network.join(() => network.close());
    FakeWiFi.last.change(HAS_ADDRESS);
    expect(FakeWiFi.last.closed).toBe(true);
  });
});
