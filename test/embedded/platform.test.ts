import { beforeEach, describe, expect, test } from "vitest";
import { Board } from "../../host-sim/board/board";
import { hostRealm } from "../../host-sim/board/realm";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { DeviceClock } from "../../host-sim/embedded/device-clock";
import { createEmbedded, providedSpecifiers } from "../../host-sim/embedded/index";
import type { ResourceClass } from "../../host-sim/embedded/resource";
import { createSNTP } from "../../host-sim/embedded/sntp";
import { createTime } from "../../host-sim/embedded/time";
import { Link } from "../../host-sim/network/link";
import { NetworkInterface } from "../../host-sim/network/network-interface";

let clock: VirtualClock;
let link: Link;
let network: NetworkInterface;

beforeEach(() => {
  clock = new VirtualClock(Date.UTC(2026, 10, 23));
  link = new Link({ clock });
  network = new NetworkInterface({ clock, network: link });
});

describe("the platform's modules", () => {
  function platform(config: Record<string, unknown> = {}) {
    const board = new Board({ clock });
    return createEmbedded({ board, network, clock, config, realm: hostRealm, time: createTime(clock) });
  }

  test("are there for every specifier, made once a device, frozen", () => {
    const modules = platform();
    for (const specifier of providedSpecifiers) {
      const namespace = modules(specifier);
      expect(namespace?.default, specifier).toBeDefined();
      expect(modules(specifier)).toBe(namespace);
      expect(Object.isFrozen(namespace?.default) || specifier === "mc/config", specifier).toBe(true);
    }
    expect(modules("node:fs")).toBeUndefined();
    expect(modules("toString")).toBeUndefined();
  });

  test("are not those of another device", () => {
    const one = platform();
    const other = platform();
    for (const specifier of ["embedded:io/socket/tcp", "embedded:provider/builtin", "timer", "time"])
      expect(one(specifier)?.default).not.toBe(other(specifier)?.default);
  });

  test("give no route before the Wi-Fi is joined, if the configuration names one", () => {
    platform({ ssid: "home" });
    expect(network.hasRoute).toBe(false);
    platform();
    expect(network.hasRoute).toBe(true);
  });
});

describe("resources", () => {
  function resource() {
    const board = new Board({ clock });
    const resources = { "key.der": Uint8Array.of(1, 2, 3) };
    const modules = createEmbedded({
      board,
      network,
      clock,
      config: {},
      realm: hostRealm,
      time: createTime(clock),
      resources,
    });
    return modules("Resource")?.default as ResourceClass;
  }

  test("are the files of the firmware, as buffers", () => {
    const Resource = resource();
    expect(new Uint8Array(new Resource("key.der"))).toEqual(Uint8Array.of(1, 2, 3));
    expect([Resource.exists("key.der"), Resource.exists("toString")]).toEqual([true, false]);
  });

  test("that are not there are named", () => {
    const Resource = resource();
    for (const name of ["ca.der", "toString"])
      expect(() => new Resource(name)).toThrow(`Resource not found: ${name}`);
  });
});

describe("time", () => {
  test("counts from 1970 where the board does not know the date, until it is set", () => {
    const time = createTime(clock, false);
    clock.advance(700);
    expect(time.date()).toBe(700);
    time.module.set(1_000);
    expect(time.date()).toBe(1_000_000);
  });

  test("ticks are milliseconds in 32 bits, and delta is right across the roll-over", () => {
    const { module } = createTime(clock);
    clock.advance(2 ** 31 - 10);
    const start = module.ticks;
    expect(start).toBe(2 ** 31 - 10);
    clock.advance(30);
    expect(module.ticks).toBe(-(2 ** 31) + 20);
    expect(module.delta(start)).toBe(30);
    expect(module.delta(5, 8)).toBe(3);
  });

  test("set moves the date of this device", () => {
    const time = createTime(clock);
    expect(time.date()).toBe(Date.UTC(2026, 10, 23));
    time.module.set(1_000);
    clock.advance(500);
    expect(time.date()).toBe(1_000_500);
    expect(createTime(clock).date()).toBe(Date.UTC(2026, 10, 23) + 500);
  });
});

describe("sntp", () => {
  const messages: string[] = [];
  function ask(next?: string) {
    messages.length = 0;
    const SNTP = createSNTP(network, clock);
    return new SNTP({ host: "pool.ntp.org" }, (message, value) => {
      messages.push(`${message} ${value ?? ""}`.trim());
      return message === SNTP.error ? next : undefined;
    });
  }

  test("gives the clock's seconds once the server's name resolves", () => {
    link.addHost("pool.ntp.org", "10.0.0.2");
    ask();
    clock.advance(10_000);
    expect(messages).toEqual([`1 ${Date.UTC(2026, 10, 23) / 1_000}`]);
    expect(clock.pending).toBe(0);
  });

  test("retries while the network is cut, then fails; the callback may name another server", () => {
    network.cut();
    ask();
    clock.advance(60_000);
    expect(messages).toEqual(["2", "2", "2", "2", "-1 no response from SNTP server"]);
    network.restore();
    link.addHost("other.org", "10.0.0.3");
    ask("other.org");
    clock.advance(10);
    expect(messages[0]).toBe("-1 cannot resolve pool.ntp.org");
    expect(messages[1]).toMatch(/^1 /);
  });

  test("says nothing after close", () => {
    ask().close();
    clock.advance(60_000);
    expect(messages).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe("a device's clock", () => {
  test("hands over what a callback throws, and runs nothing once it has ended", () => {
    const thrown: unknown[] = [];
    const deviceClock = new DeviceClock(clock, (error) => thrown.push(error));
    const ran: number[] = [];
    deviceClock.schedule(() => {
      throw "broken";
    }, 1);
    deviceClock.schedule(() => ran.push(2), 2);
    deviceClock.schedule(() => ran.push(3), 3);
    clock.advance(2);
    deviceClock.end();
    deviceClock.schedule(() => ran.push(4), 0);
    clock.advance(10);
    expect(thrown).toEqual(["broken"]);
    expect(ran).toEqual([2]);
    expect(clock.pending).toBe(0);
  });
});
