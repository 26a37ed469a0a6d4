import { beforeEach, describe, expect, test } from "vitest";
import { createRandom } from "../../host-sim/board/random";
import { hostRealm } from "../../host-sim/board/realm";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { CONNECT_TIMEOUT, RETRANSMISSION_TIMEOUT } from "../../host-sim/network/connection";
import { Link, type Peer } from "../../host-sim/network/link";
import { type Faults, NetworkInterface } from "../../host-sim/network/network-interface";
import { createTCP, type TCPSocket } from "../../host-sim/network/tcp";

let clock: VirtualClock;
let link: Link;
let network: NetworkInterface;
let peers: Peer[];
let received: number[];
let errors: number[];

function setUp(faults: Faults = {}, seed = 1): void {
  clock = new VirtualClock();
  link = new Link({ clock });
  network = new NetworkInterface({ clock, network: link, faults, random: createRandom(seed) });
  peers = [];
  received = [];
  errors = [];
  link.listen(1883, (peer) => peers.push(peer));
}

beforeEach(() => setUp());

function open(): TCPSocket {
  const TCP = createTCP({ network, clock, realm: hostRealm });
  return new TCP({
    address: "10.0.0.1",
    port: 1883,
    onReadable() {
      received.push(...new Uint8Array(this.read() as ArrayBuffer));
    },
    onError() {
      errors.push(clock.now());
      this.close();
    },
  });
}

function connected(): TCPSocket {
  const socket = open();
  clock.advance(100);
  return socket;
}

describe("a cut", () => {
  test("loses nothing: what either end wrote arrives, in order, after the restore", () => {
    const socket = connected();
    socket.write(Uint8Array.of(1));
    clock.advance(10);
    network.cut();
    socket.write(Uint8Array.of(2));
    socket.write(Uint8Array.of(3));
    peers[0]!.send([11]);
    peers[0]!.send([12]);
    clock.advance(60_000);
    expect(peers[0]!.bytes).toEqual(Uint8Array.of(1));
    expect(received).toEqual([]);
    network.restore();
    clock.advance(10);
    expect(peers[0]!.bytes).toEqual(Uint8Array.of(1, 2, 3));
    expect(received).toEqual([11, 12]);
    expect(errors).toEqual([]);
  });

  test("tells neither end: no error, no FIN, no reset", () => {
    connected();
    network.cut();
    clock.advance(600_000);
    expect(errors).toEqual([]);
    expect(peers[0]!.open).toBe(true);
  });

  test("fills the send buffer, because acknowledgements are lost too", () => {
    const socket = connected();
    network.cut();
    socket.write(new Uint8Array(5_000));
    clock.advance(1_000);
    expect(() => socket.write(new Uint8Array(1_000))).toThrow("would block");
    network.restore();
    clock.advance(10);
    expect(socket.write(new Uint8Array(1_000))).toBe(4_744);
  });

  test("makes connecting time out as lwIP does, and a restore in time lets it through", () => {
    network.cut();
    open();
    clock.advance(CONNECT_TIMEOUT - 1);
    expect(errors).toEqual([]);
    clock.advance(10);
    expect(errors).toEqual([CONNECT_TIMEOUT]);
    open();
    clock.advance(4_000);
    network.restore();
    clock.advance(1_500);
    expect(peers.length).toBe(1);
    expect(errors.length).toBe(1);
  });

  test("ends a connection with unacknowledged bytes after twelve retransmissions, and the peer learns it with its next packet", () => {
    const socket = connected();
    network.cut();
    socket.write(Uint8Array.of(1));
    clock.advance(RETRANSMISSION_TIMEOUT);
    expect(errors.length).toBe(1);
    network.restore();
    clock.advance(10);
    expect(peers[0]!.wasReset).toBe(false);
    peers[0]!.send([1]);
    clock.advance(10);
    expect(peers[0]!.wasReset).toBe(true);
    expect(network.connectionCount).toBe(0);
    expect(clock.pending).toBe(0);
  });

  test("hides a reset by the peer until the device sends again", () => {
    const socket = connected();
    network.cut();
    peers[0]!.reset();
    clock.advance(1_000);
    network.restore();
    clock.advance(1_000);
    expect(errors).toEqual([]);
    socket.write(Uint8Array.of(1));
    clock.advance(10);
    expect(errors.length).toBe(1);
  });

  test("hides a close by the device: its FIN arrives after the restore", () => {
    const socket = connected();
    network.cut();
    socket.write(Uint8Array.of(9));
    socket.close();
    clock.advance(1_000);
    expect(peers[0]!.open).toBe(true);
    network.restore();
    clock.advance(10);
    expect(peers[0]!.bytes).toEqual(Uint8Array.of(9));
    expect(peers[0]!.finished).toBe(true);
    expect(clock.pending).toBe(0);
  });

  test("of the access point tells the Wi-Fi as well", () => {
    const seen: boolean[] = [];
    network.onAccessPoint = (inReach) => seen.push(inReach);
    network.cut();
    network.restore();
    network.cut({ accessPoint: true });
    network.restore();
    expect(seen).toEqual([false, true]);
  });
});

describe("loss of power", () => {
  test("sends nothing; the peer's next packet after the restart is answered with a reset", () => {
    const socket = connected();
    socket.write(Uint8Array.of(1));
    clock.advance(10);
    network.powerOff();
    clock.advance(1_000);
    expect(peers[0]!.open).toBe(true);
    peers[0]!.send([1]);
    clock.advance(1_000);
    expect(peers[0]!.open).toBe(true);
    network.powerOn();
    clock.advance(10);
    expect(peers[0]!.wasReset).toBe(true);
    expect(received).toEqual([]);
    expect(errors).toEqual([]);
    expect(network.connectionCount).toBe(0);
    expect(clock.pending).toBe(0);
  });
});

describe("a peer", () => {
  test("that goes silent leaves the connection half-open; what was sent arrives when it is back", () => {
    const socket = connected();
    peers[0]!.silent = true;
    socket.write(Uint8Array.of(5));
    clock.advance(10_000);
    expect(peers[0]!.writes).toEqual([]);
    peers[0]!.silent = false;
    clock.advance(10);
    expect(peers[0]!.bytes).toEqual(Uint8Array.of(5));
  });
});

describe("faults", () => {
  test("latency delays both directions", () => {
    setUp({ latency: 50 });
    const socket = connected();
    peers[0]!.send([1]);
    socket.write(Uint8Array.of(2));
    clock.advance(49);
    expect([received.length, peers[0]!.writes.length]).toEqual([0, 0]);
    clock.advance(2);
    expect([received, [...peers[0]!.bytes]]).toEqual([[1], [2]]);
  });

  test("jitter never reorders", () => {
    setUp({ latency: 10, jitter: 500 });
    const socket = open();
    clock.advance(2_000);
    for (let value = 0; value < 100; value += 1) {
      socket.write(Uint8Array.of(value));
      peers[0]!.send([value]);
    }
    clock.advance(2_000);
    const expected = Array.from({ length: 100 }, (_, index) => index);
    expect([...peers[0]!.bytes]).toEqual(expected);
    expect(received).toEqual(expected);
  });

  test("resets come where the seed says, the same in every run", () => {
    function writesBeforeReset(seed: number): number {
      setUp({ reset: 0.05 }, seed);
      const socket = connected();
      while (errors.length === 0) {
        socket.write(Uint8Array.of(1));
        clock.advance(10);
      }
      expect(peers[0]!.wasReset).toBe(true);
      return network.counters.writes;
    }
    const counts = [1, 2, 3].map(writesBeforeReset);
    expect([1, 2, 3].map(writesBeforeReset)).toEqual(counts);
    expect(new Set(counts).size).toBeGreaterThan(1);
  });

  test("dropConnections resets both ends", () => {
    connected();
    network.dropConnections();
    clock.advance(10);
    expect(errors.length).toBe(1);
    expect(peers[0]!.wasReset).toBe(true);
  });
});

describe("taps", () => {
  test("see every connection with its number, each write, each arrival, and the end with its reason", () => {
    const seen: string[] = [];
    network.onOpen = (connection, address, port) => seen.push(`open ${connection} ${address}:${port}`);
    network.onWrite = (bytes, connection) => seen.push(`write ${connection} ${bytes}`);
    network.onRead = (bytes, connection) => seen.push(`read ${connection} ${bytes}`);
    network.onEnd = (connection, reason) => seen.push(`end ${connection} ${reason}`);
    const socket = connected();
    socket.write(Uint8Array.of(1, 2));
    peers[0]!.send([3]);
    clock.advance(10);
    socket.close();
    clock.advance(10);
    connected();
    peers[1]!.reset();
    clock.advance(10);
    expect(seen).toEqual([
      "open 1 10.0.0.1:1883",
      "write 1 1,2",
      "read 1 3",
      "end 1 closed by the device",
      "open 2 10.0.0.1:1883",
      "end 2 connection reset by peer",
    ]);
    expect(network.counters).toEqual({
      connections: 2,
      failures: 1,
      writes: 1,
      bytesWritten: 2,
      bytesRead: 1,
    });
  });
});
