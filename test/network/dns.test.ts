import { beforeEach, expect, test } from "vitest";
import { hostRealm } from "../../host-sim/board/realm";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { createResolver, type ResolverInstance } from "../../host-sim/network/dns";
import { Link } from "../../host-sim/network/link";
import { NetworkInterface } from "../../host-sim/network/network-interface";

let clock: VirtualClock;
let network: NetworkInterface;
let resolver: ResolverInstance;
let answers: string[];

beforeEach(() => {
  clock = new VirtualClock();
  const link = new Link({ clock, latency: 5 });
  link.addHost("broker.local", "10.0.0.1");
  network = new NetworkInterface({ clock, network: link });
  const Resolver = createResolver({ network, clock, realm: hostRealm });
  resolver = new Resolver({ servers: ["1.1.1.1"], socket: { io: class {} } });
  answers = [];
});

function resolve(host: string): void {
  resolver.resolve({
    host,
    onResolved: (name, address) => answers.push(`${name} ${address} at ${clock.now()}`),
    onError: (name) => answers.push(`${name} failed at ${clock.now()}`),
  });
}

test("a known name gets its address, never inside resolve", () => {
  resolve("broker.local");
  expect(answers).toEqual([]);
  clock.advance(1_000);
  expect(answers).toEqual(["broker.local 10.0.0.1 at 10"]);
});

test("addresses and localhost need no server, also while the network is cut", () => {
  network.cut();
  resolve("192.168.1.9");
  resolve("localhost");
  clock.advance(1);
  expect(answers).toEqual(["192.168.1.9 192.168.1.9 at 0", "127.0.0.1 127.0.0.1 at 0"]);
});

test("an unknown name is an error as soon as the server says so", () => {
  resolve("nowhere.local");
  clock.advance(1_000);
  expect(answers).toEqual(["nowhere.local failed at 10"]);
});

test("while the network is cut it asks again every second and gives up at the fifth", () => {
  network.cut();
  resolve("broker.local");
  clock.advance(10_000);
  expect(answers).toEqual(["broker.local failed at 4000"]);
});

test("a restore in time lets the next attempt through", () => {
  network.cut();
  resolve("broker.local");
  clock.advance(2_500);
  network.restore();
  clock.advance(1_000);
  expect(answers).toEqual(["broker.local 10.0.0.1 at 3010"]);
});

test("an answer that the cut swallows is asked for again", () => {
  resolve("broker.local");
  clock.advance(2);
  network.cut();
  clock.advance(100);
  network.restore();
  clock.advance(2_000);
  expect(answers).toEqual(["broker.local 10.0.0.1 at 1010"]);
});

test("after close no callback comes and resolve throws", () => {
  resolve("broker.local");
  resolve("10.0.0.1");
  clock.advance(2);
  resolver.close();
  answers.length = 0;
  clock.advance(10_000);
  expect(answers).toEqual([]);
  expect(clock.pending).toBe(0);
  expect(() => resolve("broker.local")).toThrow();
});

test("without servers, a socket class, a host or any callback it throws, as the board's resolver does", () => {
  const Resolver = createResolver({ network, clock, realm: hostRealm });
  expect(() => new Resolver({ socket: { io: class {} } } as never)).toThrow("servers");
  expect(() => new Resolver({ servers: [] } as never).resolve({ host: "a", onError() {} })).toThrow();
  expect(() => resolve("")).toThrow();
  expect(() => resolver.resolve({ host: "broker.local" })).toThrow();
});
