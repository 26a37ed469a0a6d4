import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NodeResolver } from "../../host-sim/network/node-resolver";
import { NodeTCP, type NodeTCPOptions } from "../../host-sim/network/node-tcp";

/** What a new socket of which nothing waits says it takes. */
const MAXIMUM_WRITE = 49_152;

let server: Server;
let port: number;
let accepted: Promise<Socket>;
const peers: Socket[] = [];
let device: NodeTCP | undefined;

beforeEach(async () => {
  server = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on("error", () => {});
    peers.push(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  port = (server.address() as AddressInfo).port;
  accepted = once(server, "connection").then(([socket]) => socket as Socket);
});

afterEach(async () => {
  device?.close();
  device = undefined;
  for (const peer of peers.splice(0)) peer.destroy();
  server.close();
});

/** A connected socket; `options` may bring callbacks. */
async function connect(options: Partial<NodeTCPOptions> = {}): Promise<[NodeTCP, Socket]> {
  const tcp = await new Promise<NodeTCP>((resolve) => {
    const made: NodeTCP = new NodeTCP({
      address: "127.0.0.1",
      port,
      nodelay: true,
      ...options,
      onWritable(count) {
        resolve(made);
        options.onWritable?.call(this, count);
      },
    });
    device = made;
  });
  return [tcp, await accepted];
}

/** Bytes that the peer gets, until there are `count` of them. */
async function arrived(peer: Socket, count: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let byteLength = 0;
  while (byteLength < count) {
    const [piece] = (await once(peer, "data")) as [Buffer];
    pieces.push(piece);
    byteLength += piece.length;
  }
  return Buffer.concat(pieces);
}

describe("writing", () => {
  test("before the connection is there throws, and onWritable tells when it is", async () => {
    const counts: number[] = [];
    const early = new NodeTCP({ address: "127.0.0.1", port });
    expect(() => early.write(Uint8Array.of(1))).toThrow("not ready");
    early.close();
    await connect({ onWritable: (count) => counts.push(count) });
    expect(counts).toEqual([MAXIMUM_WRITE]);
  });

  test("sends what one turn writes, in order, copied when it was written, and keeps counting what is free", async () => {
    const [tcp, peer] = await connect();
    const buffer = Uint8Array.of(1, 2, 3);
    expect(tcp.write(buffer)).toBe(MAXIMUM_WRITE);
    buffer.fill(9);
    tcp.write(buffer.buffer);
    tcp.write(new DataView(buffer.buffer, 1, 1));
    expect([...(await arrived(peer, 7))]).toEqual([1, 2, 3, 9, 9, 9, 9]);
  });

  test("takes bytes as numbers in that format", async () => {
    const [tcp, peer] = await connect({ format: "number" });
    tcp.write(7);
    tcp.write(263);
    expect([...(await arrived(peer, 2))]).toEqual([7, 7]);
  });

  test("more than is free throws; onWritable comes when there is room again, and nothing is lost", async () => {
    let writable = (_count: number) => {};
    const [tcp, peer] = await connect({ onWritable: (count) => writable(count) });
    peer.pause();
    const piece = new Uint8Array(20_000);
    let sent = 0;
    // The operating systems of both ends take some megabytes before they stop.
    for (let full = false; !full; await new Promise(setImmediate)) {
      piece.fill(sent & 0xff);
      const free = tcp.write(piece) ?? 0;
      sent += piece.length;
      full = free < piece.length;
    }
    expect(() => tcp.write(piece)).toThrow("would block");
    const free = new Promise<number>((resolve) => {
      writable = resolve;
    });
    const received = arrived(peer, sent);
    peer.resume();
    expect(await free).toBeGreaterThanOrEqual(piece.length);
    const bytes = await received;
    expect(bytes.length).toBe(sent);
    for (let start = 0; start < sent; start += piece.length) {
      expect(bytes[start]).toBe(start & 0xff);
      expect(bytes[start + piece.length - 1]).toBe(start & 0xff);
    }
  });

  test("and closing at once sends it all, then FIN", async () => {
    const [tcp, peer] = await connect();
    tcp.write(new Uint8Array(1000).fill(5));
    tcp.close();
    tcp.close();
    const ended = once(peer, "end");
    expect(await arrived(peer, 1000)).toEqual(Buffer.alloc(1000, 5));
    await ended;
    expect(() => tcp.write(Uint8Array.of(1))).toThrow();
    expect(() => tcp.read()).toThrow();
    expect(() => tcp.remotePort).toThrow();
  });
});

describe("reading", () => {
  test("gives all, a number of bytes, or what fills a buffer; never more than there is", async () => {
    let readable = (_count: number) => {};
    const [tcp, peer] = await connect({ onReadable: (count) => readable(count) });
    const counts = new Promise<number>((resolve) => {
      readable = resolve;
    });
    expect(tcp.read()).toBeUndefined();
    peer.write(Uint8Array.of(1, 2, 3, 4, 5, 6));
    expect(await counts).toBe(6);
    expect(() => tcp.read(7)).toThrow("invalid");
    expect(() => tcp.read(new Uint8Array(7))).toThrow("invalid");
    expect(tcp.read(2)).toEqual(Uint8Array.of(1, 2).buffer);
    const target = new Uint8Array(4);
    expect(tcp.read(target.subarray(1))).toBe(3);
    expect([...target]).toEqual([0, 3, 4, 5]);
    expect(tcp.read()).toEqual(Uint8Array.of(6).buffer);
    expect(tcp.read()).toBeUndefined();
  });

  test("byte by byte in the format number", async () => {
    let readable = () => {};
    const [tcp, peer] = await connect({ format: "number", onReadable: () => readable() });
    const there = new Promise<void>((resolve) => {
      readable = resolve;
    });
    peer.write(Uint8Array.of(8, 9));
    await there;
    expect([tcp.read(), tcp.read(), tcp.read()]).toEqual([8, 9, undefined]);
  });

  test("later than in onReadable loses nothing, however much arrives meanwhile", async () => {
    const byteLength = 1_000_000;
    const sent = Uint8Array.from({ length: byteLength }, (_, index) => index % 251);
    let full = () => {};
    const stopped = new Promise<void>((resolve) => {
      full = resolve;
    });
    let largest = 0;
    let onReadable = (count: number) => {
      largest = count;
      if (count >= 65_536) full();
    };
    const [tcp, peer] = await connect({ onReadable: (count) => onReadable(count) });
    peer.write(sent);
    await stopped;
    const received: number[] = [];
    const all = new Promise<void>((resolve) => {
      onReadable = () => {
        received.push(...new Uint8Array(tcp.read(100) as ArrayBuffer));
        received.push(...new Uint8Array(tcp.read() as ArrayBuffer));
        if (received.length === byteLength) resolve();
      };
    });
    // Held back by the sender's window, not by the memory of this process.
    expect(largest).toBeLessThan(2 * 65_536);
    received.push(...new Uint8Array(tcp.read() as ArrayBuffer));
    await all;
    expect(Buffer.compare(Uint8Array.from(received), sent)).toBe(0);
  });
});

describe("the end", () => {
  test("comes to onError once, when the last byte has been read", async () => {
    const happened: string[] = [];
    let error = () => {};
    const failed = new Promise<void>((resolve) => {
      error = resolve;
    });
    let readable = () => {};
    const there = new Promise<void>((resolve) => {
      readable = resolve;
    });
    const [tcp, peer] = await connect({
      onReadable: () => readable(),
      onError() {
        happened.push("error");
        error();
      },
    });
    peer.end(Uint8Array.of(1, 2));
    await there;
    await once(peer, "close");
    await new Promise(setImmediate);
    expect(happened).toEqual([]);
    expect(tcp.read()).toEqual(Uint8Array.of(1, 2).buffer);
    expect(happened).toEqual([]);
    await failed;
    expect(tcp.write(Uint8Array.of(1))).toBeUndefined();
    expect(happened).toEqual(["error"]);
  });

  test("a refused connection comes to onError", async () => {
    server.close();
    await once(server, "close");
    const target = {};
    const failed = await new Promise<unknown>((resolve) => {
      new NodeTCP({
        address: "127.0.0.1",
        port,
        target,
        onError() {
          resolve((this as NodeTCP).target);
        },
      });
    });
    expect(failed).toBe(target);
  });

  test("nothing comes after close, not even in the callback that closes", async () => {
    const happened: string[] = [];
    let closed = () => {};
    const done = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const [, peer] = await connect({
      onReadable() {
        happened.push("readable");
        this.close();
        closed();
      },
      onError: () => happened.push("error"),
    });
    const ended = once(peer.resume(), "end");
    peer.write(Uint8Array.of(1));
    await done;
    peer.write(Uint8Array.of(2));
    await ended;
    peer.destroy();
    await once(peer, "close");
    expect(happened).toEqual(["readable"]);
  });
});

test("an unknown format is refused", async () => {
  expect(() => new NodeTCP({ address: "127.0.0.1", port, format: "text" as "buffer" })).toThrow(RangeError);
  const [tcp] = await connect();
  expect([tcp.format, tcp.remoteAddress, tcp.remotePort]).toEqual(["buffer", "127.0.0.1", port]);
  expect(() => {
    tcp.format = "text" as "buffer";
  }).toThrow(RangeError);
});

describe("the resolver", () => {
  test("finds localhost, passes addresses through, and never calls back inside resolve", async () => {
    const resolver = new NodeResolver();
    for (const [host, address] of [
      ["127.0.0.1", "127.0.0.1"],
      ["localhost", /^(127\.0\.0\.1|::1)$/],
    ] as const) {
      const answer = new Promise((resolve) => {
        let isInside = true;
        resolver.resolve({ host, onResolved: (_host, found) => resolve([isInside, found]) });
        isInside = false;
      });
      expect(await answer).toEqual([false, expect.stringMatching(address)]);
    }
  });

  test("reports a name that nobody has", async () => {
    const resolver = new NodeResolver();
    // RFC 6761: no resolver may know it.
    const host = "nobody.invalid";
    expect(await new Promise((resolve) => resolver.resolve({ host, onError: resolve }))).toBe(host);
  });

  test("calls nobody after close", async () => {
    const closed = new NodeResolver();
    const answers: string[] = [];
    closed.resolve({ host: "127.0.0.1", onResolved: (_host, address) => answers.push(address) });
    closed.close();
    expect(() => closed.resolve({ host: "127.0.0.1" })).toThrow("closed");
    const open = new NodeResolver();
    await new Promise((resolve) => open.resolve({ host: "127.0.0.1", onResolved: resolve }));
    expect(answers).toEqual([]);
  });
});
