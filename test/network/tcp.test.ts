import { beforeEach, describe, expect, test } from "vitest";
import { hostRealm } from "../../host-sim/board/realm";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { Link, type Peer } from "../../host-sim/network/link";
import { NetworkInterface } from "../../host-sim/network/network-interface";
import {
  createTCP,
  SEND_BUFFER,
  type TCPClass,
  type TCPOptions,
  type TCPSocket,
} from "../../host-sim/network/tcp";

let clock: VirtualClock;
let link: Link;
let network: NetworkInterface;
let TCP: TCPClass;
let peers: Peer[];
let events: string[];

beforeEach(() => {
  clock = new VirtualClock();
  link = new Link({ clock, latency: 1 });
  network = new NetworkInterface({ clock, network: link });
  TCP = createTCP({ network, clock, realm: hostRealm });
  peers = [];
  events = [];
  link.listen(1883, (peer) => peers.push(peer));
});

/** A socket that only notes its callbacks. */
function open(options: Partial<TCPOptions> = {}): TCPSocket {
  return new TCP({
    address: "10.0.0.1",
    port: 1883,
    onReadable: (byteLength) => events.push(`readable ${byteLength}`),
    onWritable: (byteLength) => events.push(`writable ${byteLength}`),
    onError: () => events.push("error"),
    ...options,
  });
}

function connected(options: Partial<TCPOptions> = {}): TCPSocket {
  const socket = open(options);
  clock.advance(10);
  events.length = 0;
  return socket;
}

describe("construction", () => {
  test("onWritable tells the whole send buffer once the connection stands, never inside the constructor", () => {
    open();
    expect(events).toEqual([]);
    clock.advance(10);
    expect(events).toEqual([`writable ${SEND_BUFFER}`]);
  });

  test("a host name, a missing port and a port over 65,535 make the constructor throw", () => {
    expect(() => open({ address: "broker.local" })).toThrow("invalid address");
    expect(() => open({ port: undefined as unknown as number })).toThrow("invalid");
    expect(() => open({ port: 65_536 })).toThrow(RangeError);
    expect(() => open({ onReadable: 5 as never })).toThrow("not a function");
    expect(network.connectionCount).toBe(0);
  });

  test("nodelay reaches the network as the firmware asked for it", () => {
    connected({ nodelay: true });
    connected();
    expect(peers.map((peer) => peer.nodelay)).toEqual([true, undefined]);
  });

  test("target is set, and callbacks run with the socket as this", () => {
    const target = {};
    let seen: unknown;
    const socket = new TCP({
      address: "10.0.0.1",
      port: 1883,
      target,
      onWritable() {
        seen = this.target;
      },
    });
    clock.advance(10);
    expect(seen).toBe(target);
    expect(socket.target).toBe(target);
  });

  test("a refused connection is an error, later", () => {
    link.refuse(1883);
    open();
    clock.advance(10);
    expect(events).toEqual(["error"]);
  });

  test("without a route, as with Wi-Fi down, the constructor throws", () => {
    network.hasRoute = false;
    expect(() => open()).toThrow("connect error");
  });
});

describe("write", () => {
  test("throws before the connection stands and after it was closed", () => {
    const socket = open();
    expect(() => socket.write(Uint8Array.of(1))).toThrow("not ready");
    clock.advance(10);
    socket.close();
    expect(() => socket.write(Uint8Array.of(1))).toThrow("invalid host data");
  });

  test("each write arrives as one segment, copied at the call", () => {
    const socket = connected();
    const scratch = Uint8Array.of(1, 2, 3, 4);
    expect(socket.write(scratch.subarray(1, 3))).toBe(SEND_BUFFER - 2);
    scratch.fill(9);
    socket.write(Uint8Array.of(7).buffer);
    clock.advance(10);
    expect(peers[0]!.writes).toEqual([Uint8Array.of(2, 3), Uint8Array.of(7)]);
  });

  test("past the send buffer it throws and sends nothing; acknowledgements free it again", () => {
    const socket = connected();
    peers[0]!.acknowledging = false;
    expect(socket.write(new Uint8Array(SEND_BUFFER - 1))).toBe(1);
    expect(() => socket.write(new Uint8Array(2))).toThrow("would block");
    clock.advance(10);
    expect(peers[0]!.writes.length).toBe(1);
    expect(events).toEqual([]);
    peers[0]!.acknowledging = true;
    clock.advance(10);
    expect(events).toEqual([`writable ${SEND_BUFFER}`]);
  });

  test("in format number it takes one byte", () => {
    const socket = connected({ format: "number" });
    socket.write(0x1ff);
    clock.advance(10);
    expect(peers[0]!.bytes).toEqual(Uint8Array.of(0xff));
  });
});

describe("read", () => {
  test("gives all, a count, or fills a buffer, and throws past what is there", () => {
    const socket = connected();
    peers[0]!.send([1, 2]);
    peers[0]!.send([3, 4, 5, 6]);
    clock.advance(10);
    expect(events).toEqual(["readable 6"]);
    expect(() => socket.read(7)).toThrow("invalid");
    expect(() => socket.read(0)).toThrow("invalid");
    expect(new Uint8Array(socket.read(3) as ArrayBuffer)).toEqual(Uint8Array.of(1, 2, 3));
    const target = new Uint8Array(2);
    expect(socket.read(target)).toBe(2);
    expect(target).toEqual(Uint8Array.of(4, 5));
    expect(() => socket.read(target)).toThrow("invalid");
    expect(new Uint8Array(socket.read() as ArrayBuffer)).toEqual(Uint8Array.of(6));
    expect(socket.read()).toBeUndefined();
    expect(socket.read(5)).toBeUndefined();
  });

  test("in format number it gives one byte at a time, then undefined", () => {
    const socket = connected({ format: "number" });
    peers[0]!.send([200, 100]);
    clock.advance(10);
    expect([socket.read(), socket.read(), socket.read()]).toEqual([200, 100, undefined]);
  });

  test("a firmware that does not read closes the window, and gets every byte in order when it does", () => {
    const socket = connected();
    const sent = Uint8Array.from({ length: 20_000 }, (_, index) => index % 251);
    for (let offset = 0; offset < sent.length; offset += 1_000)
      peers[0]!.send(sent.subarray(offset, offset + 1_000));
    clock.advance(1_000);
    expect(network.counters.bytesRead).toBe(5_744);
    const received: number[] = [];
    for (let turn = 0; turn < 10; turn += 1) {
      const piece = socket.read() as ArrayBuffer | undefined;
      if (piece) received.push(...new Uint8Array(piece));
      clock.advance(100);
    }
    expect(Uint8Array.from(received)).toEqual(sent);
  });
});

describe("the end of a connection", () => {
  test("onError comes only after the receive buffer is empty, and writing has stopped by then", () => {
    const socket = connected();
    peers[0]!.send([1, 2]);
    peers[0]!.finish();
    clock.advance(10);
    expect(events).toEqual(["readable 2"]);
    expect(() => socket.write(Uint8Array.of(1))).toThrow("not ready");
    socket.read();
    clock.advance(10);
    expect(events).toEqual(["readable 2", "error"]);
  });

  test("a reset by the peer is an error; the socket can still be closed", () => {
    const socket = connected();
    peers[0]!.reset();
    clock.advance(10);
    expect(events).toEqual(["error"]);
    socket.close();
    socket.close();
  });

  test("close sends what was written, then FIN, and no callback follows", () => {
    const socket = connected();
    socket.write(Uint8Array.of(0xe0, 0));
    socket.close();
    peers[0]!.send([1]);
    clock.advance(1_000);
    expect(peers[0]!.bytes).toEqual(Uint8Array.of(0xe0, 0));
    expect(peers[0]!.finished).toBe(true);
    expect(events).toEqual([]);
    expect(network.connectionCount).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("close with unread bytes is a reset, as lwIP does it", () => {
    const socket = connected();
    peers[0]!.send([1, 2]);
    clock.advance(10);
    socket.close();
    clock.advance(10);
    expect(peers[0]!.wasReset).toBe(true);
  });

  test("close inside onReadable and inside onWritable is safe and the last callback", () => {
    const socket = connected({
      onReadable(byteLength) {
        events.push(`readable ${byteLength}`);
        this.read();
        this.close();
      },
    });
    socket.write(Uint8Array.of(1));
    peers[0]!.send([1]);
    peers[0]!.finish();
    clock.advance(10);
    expect(events.filter((event) => event !== `writable ${SEND_BUFFER}`)).toEqual(["readable 1"]);
    expect(events.at(-1)).toBe("readable 1");
  });

  test("close while connecting leaves nothing behind", () => {
    open().close();
    clock.advance(20_000);
    expect(events).toEqual([]);
    expect(clock.pending).toBe(0);
    expect(network.connectionCount).toBe(0);
  });

  test("what a callback throws goes to onException", () => {
    const thrown: unknown[] = [];
    TCP = createTCP({ network, clock, realm: hostRealm, onException: (error) => thrown.push(error) });
    open({
      onWritable() {
        throw new Error("firmware bug");
      },
    });
    clock.advance(10);
    expect(thrown.map(String)).toEqual(["Error: firmware bug"]);
  });
});
