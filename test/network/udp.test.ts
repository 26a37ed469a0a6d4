import { beforeEach, expect, test } from "vitest";
import { hostRealm } from "../../host-sim/board/realm";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { Link } from "../../host-sim/network/link";
import { NetworkInterface } from "../../host-sim/network/network-interface";
import { createUDP, type UDPClass } from "../../host-sim/network/udp";

let clock: VirtualClock;
let link: Link;
let network: NetworkInterface;
let UDP: UDPClass;

beforeEach(() => {
  clock = new VirtualClock();
  link = new Link({ clock });
  network = new NetworkInterface({ clock, network: link });
  UDP = createUDP({ network, clock, realm: hostRealm });
});

test("datagrams go out and come in, with address and port, counted in one onReadable", () => {
  const counts: number[] = [];
  link.onDatagram = (bytes, address, port, from) => {
    for (const byte of bytes) link.sendDatagram(from, Uint8Array.of(byte), address, port);
  };
  const socket = new UDP({ onReadable: (packets) => counts.push(packets) });
  socket.write(Uint8Array.of(1, 2), "10.0.0.9", 123);
  clock.advance(10);
  expect(counts).toEqual([2]);
  const packet = socket.read()!;
  expect([...new Uint8Array(packet)]).toEqual([1]);
  expect([packet.address, packet.port]).toEqual(["10.0.0.9", 123]);
  socket.read();
  expect(socket.read()).toBeUndefined();
});

test("datagrams are lost while the network is cut, and never arrive late", () => {
  const arrived: Uint8Array[] = [];
  link.onDatagram = (bytes) => arrived.push(bytes);
  const socket = new UDP({ port: 5_000, onReadable: () => arrived.push(Uint8Array.of(99)) });
  network.cut();
  socket.write(Uint8Array.of(1), "10.0.0.9", 123);
  link.sendDatagram(5_000, Uint8Array.of(2), "10.0.0.9", 123);
  clock.advance(10);
  network.restore();
  clock.advance(1_000);
  expect(arrived).toEqual([]);
});

test("a name for an address, a port out of range and a closed socket throw", () => {
  const socket = new UDP({});
  expect(() => socket.write(Uint8Array.of(1), "ntp.org", 123)).toThrow("invalid IP address");
  expect(() => new UDP({ port: 70_000 })).toThrow("invalid port");
  socket.close();
  expect(() => socket.read()).toThrow();
});
