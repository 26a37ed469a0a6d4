import { beforeEach, expect, test } from "vitest";
import { hostRealm } from "../../host-sim/board/realm";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { Link } from "../../host-sim/network/link";
import { NetworkInterface } from "../../host-sim/network/network-interface";
import { createTCP } from "../../host-sim/network/tcp";
import {
  ADDRESS_TIME,
  ASSOCIATION_TIME,
  ASSOCIATION_TIMEOUT,
  createWiFi,
  type WiFiClass,
  type WiFiInterface,
} from "../../host-sim/network/wifi";

const HOME = { SSID: "home", password: "secret" };

let clock: VirtualClock;
let network: NetworkInterface;
let WiFi: WiFiClass;
let changes: string[];

beforeEach(() => {
  clock = new VirtualClock();
  network = new NetworkInterface({ clock, network: new Link({ clock }), accessPoint: HOME });
  network.hasRoute = false;
  WiFi = createWiFi({ network, clock, realm: hostRealm });
  changes = [];
});

function station(): WiFiInterface {
  return new WiFi({
    onChanged(property) {
      changes.push(
        `${property} ${property === "connection" ? this.connection : this.address} at ${clock.now()}`,
      );
    },
  });
}

test("joining is reported step by step, the address last", () => {
  const wifi = station();
  expect(wifi.connection).toBe(200);
  wifi.connect(HOME);
  expect(wifi.connection).toBe(300);
  expect(changes).toEqual([]);
  clock.advance(10_000);
  const joined = ASSOCIATION_TIME + ADDRESS_TIME;
  expect(changes).toEqual([
    `connection 400 at ${ASSOCIATION_TIME}`,
    `connection 500 at ${joined}`,
    `address 192.168.4.2 at ${joined}`,
  ]);
  expect([wifi.SSID, wifi.MAC, wifi.channel]).toEqual(["home", "24:0a:c4:00:00:02", 6]);
});

test("before there is an address a TCP socket cannot be made", () => {
  const TCP = createTCP({ network, clock, realm: hostRealm });
  const options = { address: "10.0.0.1", port: 1 };
  const wifi = station();
  wifi.connect(HOME);
  clock.advance(ASSOCIATION_TIME);
  expect(wifi.address).toBeUndefined();
  expect(() => new TCP(options)).toThrow("connect error");
  clock.advance(ADDRESS_TIME);
  new TCP(options).close();
});

test("a wrong password, and an access point out of reach, end disconnected and are not tried again", () => {
  const wifi = station();
  wifi.connect({ SSID: "home", password: "guess" });
  clock.advance(60_000);
  network.cut({ accessPoint: true });
  wifi.connect(HOME);
  clock.advance(60_000);
  expect(changes).toEqual([
    `connection 200 at ${ASSOCIATION_TIMEOUT}`,
    `connection 200 at ${60_000 + ASSOCIATION_TIMEOUT}`,
  ]);
});

test("the loss of the access point is reported; its return is not, the firmware has to join again", () => {
  const wifi = station();
  wifi.connect(HOME);
  clock.advance(10_000);
  changes.length = 0;
  network.cut({ accessPoint: true });
  clock.advance(10);
  expect(changes).toEqual(["connection 200 at 10000"]);
  expect(network.hasRoute).toBe(false);
  network.restore();
  clock.advance(60_000);
  expect(wifi.connection).toBe(200);
  wifi.connect(HOME);
  clock.advance(10_000);
  expect(wifi.connection).toBe(500);
});

test("a cut behind the access point goes unnoticed, but a join gets no address until the restore", () => {
  const wifi = station();
  network.cut();
  wifi.connect(HOME);
  clock.advance(30_000);
  expect(wifi.connection).toBe(400);
  network.restore();
  clock.advance(2_000);
  expect(wifi.connection).toBe(500);
  network.cut();
  clock.advance(60_000);
  expect(wifi.connection).toBe(500);
});

test("connect while connecting throws, and so does anything after close, which is safe inside onChanged", () => {
  const wifi = new WiFi({
    onChanged(property) {
      changes.push(property);
      this.close();
    },
  });
  wifi.connect(HOME);
  expect(() => wifi.connect(HOME)).toThrow("already connecting");
  clock.advance(60_000);
  expect(changes).toEqual(["connection"]);
  expect(() => wifi.connection).toThrow();
  // The station stays joined without an instance.
  expect(new WiFi({}).connection).toBe(500);
});

test("a scan finds the access point in reach", () => {
  const found: unknown[] = [];
  station().scan({ onFound: (result) => found.push(result), onComplete: () => found.push("complete") });
  clock.advance(10_000);
  expect(found).toEqual([expect.objectContaining({ SSID: "home" }), "complete"]);
});
