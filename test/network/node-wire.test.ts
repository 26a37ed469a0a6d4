import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, expect, test } from "vitest";
import { hostRealm } from "../../host-sim/board/realm";
import { RealClock } from "../../host-sim/clock/real-clock";
import { NetworkInterface } from "../../host-sim/network/network-interface";
import { NodeNetwork } from "../../host-sim/network/node-wire";
import { createTCP, type TCPSocket } from "../../host-sim/network/tcp";
import type { DatagramWire } from "../../host-sim/network/wire";

let clock: RealClock;
let network: NetworkInterface;
let server: Server;
let accepted: Promise<Socket>;
let device: TCPSocket;
let read: number[];
let happened: { writable: () => void; readable: () => void; error: () => void };

/** Resolves at the next callback of that kind. */
function next(kind: "writable" | "readable" | "error"): Promise<void> {
  return new Promise((resolve) => {
    happened[kind] = resolve;
  });
}

beforeEach(async () => {
  clock = new RealClock();
  network = new NetworkInterface({ clock, network: new NodeNetwork() });
  // A reset is an error to Node; the tests that cause one look at its effect.
  server = createServer((socket) => socket.on("error", () => {}));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  accepted = once(server, "connection").then(([socket]) => socket as Socket);
  read = [];
  happened = { writable() {}, readable() {}, error() {} };
});

afterEach(() => {
  network.close();
  clock.close();
  server.close();
});

async function connect(): Promise<Socket> {
  const TCP = createTCP({ network, clock, realm: hostRealm });
  const writable = next("writable");
  device = new TCP({
    address: "127.0.0.1",
    port: (server.address() as AddressInfo).port,
    nodelay: true,
    onWritable: () => happened.writable(),
    onReadable() {
      read.push(...new Uint8Array(this.read() as ArrayBuffer));
      happened.readable();
    },
    onError: () => happened.error(),
  });
  await writable;
  return accepted;
}

/** Waits until `count` bytes have come. */
async function receive(socket: Socket, count: number): Promise<number[]> {
  const bytes: number[] = [];
  while (bytes.length < count) bytes.push(...((await once(socket, "data"))[0] as Buffer));
  return bytes;
}

test("bytes go both ways over a real socket", async () => {
  const peer = await connect();
  const arrived = receive(peer, 3);
  device.write(Uint8Array.of(1, 2, 3));
  expect(await arrived).toEqual([1, 2, 3]);
  const readable = next("readable");
  peer.write(Uint8Array.of(4, 5));
  await readable;
  expect(read).toEqual([4, 5]);
});

test("a peer's end and a peer's reset are errors of the device's socket", async () => {
  const first = await connect();
  const ended = next("error");
  first.end();
  await ended;
  device.close();
  accepted = once(server, "connection").then(([socket]) => socket as Socket);
  const second = await connect();
  const reset = next("error");
  second.resetAndDestroy();
  await reset;
});

test("close is a FIN after the last bytes", async () => {
  const peer = await connect();
  const arrived = receive(peer, 2);
  const ended = once(peer, "end");
  device.write(Uint8Array.of(0xe0, 0));
  device.close();
  expect(await arrived).toEqual([0xe0, 0]);
  await ended;
});

test("during a cut nothing is sent or delivered; after the restore everything arrives, in order", async () => {
  const peer = await connect();
  let arrivedEarly = 0;
  const count = (bytes: Buffer): void => {
    arrivedEarly += bytes.byteLength;
  };
  peer.on("data", count);
  network.cut();
  device.write(Uint8Array.of(1));
  device.write(Uint8Array.of(2));
  peer.write(Uint8Array.of(9, 8));
  // A second connection that is not cut shows that the bytes had their time to arrive.
  const other = new NetworkInterface({ clock, network: new NodeNetwork() });
  accepted = once(server, "connection").then(([socket]) => socket as Socket);
  const TCP = createTCP({ network: other, clock, realm: hostRealm });
  const echoed = new Promise<void>((resolve) => {
    new TCP({
      address: "127.0.0.1",
      port: (server.address() as AddressInfo).port,
      onWritable() {
        this.write(Uint8Array.of(7));
      },
      onReadable: () => resolve(),
    });
  });
  const echo = await accepted;
  echo.on("data", (bytes) => echo.write(bytes));
  await echoed;
  other.close();
  expect(arrivedEarly).toBe(0);
  expect(read).toEqual([]);
  peer.off("data", count);
  const arrived = receive(peer, 2);
  const readable = next("readable");
  network.restore();
  expect(await arrived).toEqual([1, 2]);
  await readable;
  expect(read).toEqual([9, 8]);
});

test("a device without power leaves its peer with a half-open connection, until the peer sends and the power is back", async () => {
  const peer = await connect();
  let isClosed = false;
  const closed = new Promise<void>((resolve) => {
    peer.on("close", () => {
      isClosed = true;
      resolve();
    });
  });
  network.powerOff();
  await new Promise((resolve) => peer.write(Uint8Array.of(1), resolve));
  expect(isClosed).toBe(false);
  network.powerOn();
  await closed;
});

test("a port where nothing listens is an error", async () => {
  const port = (server.address() as AddressInfo).port;
  server.close();
  await once(server, "close");
  const TCP = createTCP({ network, clock, realm: hostRealm });
  await new Promise<void>((resolve) => {
    new TCP({ address: "127.0.0.1", port, onError: () => resolve() });
  });
});

test("names resolve through the desktop, and unknown ones do not", async () => {
  const resolve = (host: string): Promise<string | undefined> =>
    new Promise((done) => network.resolve(host, done));
  expect(await resolve("localhost")).toBe("127.0.0.1");
  expect(await resolve("nowhere.invalid")).toBeUndefined();
});

test("datagrams pass through the desktop's own sockets", async () => {
  const peer = createSocket("udp4");
  peer.bind(0, "127.0.0.1");
  await once(peer, "listening");
  peer.on("message", (bytes, from) => peer.send(bytes, from.port, from.address));
  let wire: DatagramWire | undefined;
  const echo = await new Promise<string>((resolve) => {
    wire = network.bind(
      { port: 0 },
      { onDatagram: (bytes, address) => resolve(`${[...bytes]} from ${address}`), onFailed() {} },
    );
    wire.send(Uint8Array.of(1, 2), "127.0.0.1", peer.address().port);
  });
  expect(echo).toBe("1,2 from 127.0.0.1");
  wire?.close();
  peer.close();
});
