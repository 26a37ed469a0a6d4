import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WEBSOCKET_FAILED } from "../../device/client/transports/transport-error";
import { BINARY, CLOSE, PING, PONG, TEXT } from "../../device/client/transports/websocket/frame";
import WebSocketTransport, {
  type WebSocketTransportOptions,
} from "../../device/client/transports/websocket/websocket-transport";
import {
  BUFFER_FULL,
  CONNECTION_LOST,
  INVALID_OPTION,
  INVALID_STATE,
  type MQTTError,
} from "../../device/mqtt/mqtt-error";
import { RECEIVE_WINDOW } from "../../host-sim/network/connection";
import { SEND_BUFFER } from "../../host-sim/network/tcp";
import { clock } from "../support/timer";
import { WebSocketBench } from "./websocket-peer";

let bench: WebSocketBench;
let events: string[];
let errors: unknown[];
beforeEach(() => {
  bench = new WebSocketBench();
  events = [];
  errors = [];
});
afterEach(() => {
  bench.network.close();
  clock.advance(0);
});

/** A WebSocket that notes its callbacks; the connection below stands, the server has not answered. */
function open(options: Partial<WebSocketTransportOptions> = {}): WebSocketTransport {
  const socket = new WebSocketTransport({
    address: "10.0.0.1",
    host: "broker.local",
    port: 8083,
    socket: { io: bench.TCP },
    onReadable: (count) => events.push(`readable ${count}`),
    onWritable: (count) => events.push(`writable ${count}`),
    onError(error) {
      events.push("error");
      errors.push(error);
    },
    ...options,
  });
  clock.advance(10);
  return socket;
}

/** One that is open. */
function connected(options: Partial<WebSocketTransportOptions> = {}): WebSocketTransport {
  const socket = open(options);
  bench.peer.accept();
  clock.advance(10);
  events.length = 0;
  return socket;
}

function readAll(socket: WebSocketTransport): number[] {
  const bytes = socket.read();
  return bytes ? [...new Uint8Array(bytes)] : [];
}

const error = (): MQTTError => errors[0] as MQTTError;

describe("opening", () => {
  test("onWritable comes once the server has answered, with room for the headers kept", () => {
    const socket = open();
    expect(events).toEqual([]);
    expect(() => socket.write(Uint8Array.of(1))).toThrow(
      expect.objectContaining({
        code: INVALID_STATE,
        message: expect.stringContaining("the WebSocket is not open"),
      }),
    );
    bench.peer.accept();
    clock.advance(10);
    const frames = Math.floor(SEND_BUFFER / 264);
    expect(events).toEqual([`writable ${frames * 256 + (SEND_BUFFER - frames * 264 - 8)}`]);
    expect(bench.peer.request).toMatch(/^GET \/mqtt HTTP\/1\.1\r\nHost: broker\.local:8083\r\n/);
  });

  test("nodelay is asked for, and callbacks have the target", () => {
    const target = {};
    let seen: unknown;
    open({
      target,
      onWritable() {
        seen = this.target;
      },
    });
    bench.peer.accept();
    clock.advance(10);
    expect(bench.peer.peer.nodelay).toBe(true);
    expect(seen).toBe(target);
  });

  test("the answer may come in single bytes, and frames together with its end", () => {
    const socket = open();
    const answer = Buffer.from(bench.peer.answer());
    for (const byte of answer.subarray(0, -1)) bench.peer.peer.send([byte]);
    bench.peer.peer.send([answer.at(-1)!, 0x82, 1, 7, 0x82, 0]);
    clock.advance(10);
    expect(events.map((event) => event.split(" ")[0])).toEqual(["writable", "readable"]);
    expect(readAll(socket)).toEqual([7]);
  });

  test.each([
    ["404", "HTTP/1.1 404 Not Found\r\n\r\n", "HTTP status 404 Not Found instead of 101", 404],
    ["something else", "SSH-2.0-x\r\n", "not HTTP", undefined],
    ["101 and nothing more", "HTTP/1.1 101 OK\r\n\r\n", "no header Upgrade", undefined],
  ])("a server that answers %s is an error that says so", (_name, answer, text, returnCode) => {
    open();
    bench.peer.peer.send(Buffer.from(answer));
    clock.advance(10);
    expect(events).toEqual(["error"]);
    expect(error()).toMatchObject({ code: WEBSOCKET_FAILED, message: expect.stringContaining(text) });
    expect(error().returnCode).toBe(returnCode);
    expect(bench.network.connectionCount).toBe(0);
  });

  test("a server that hangs up instead of answering is an error that says so", () => {
    open();
    bench.peer.peer.finish();
    clock.advance(10);
    expect(error()).toMatchObject({ code: WEBSOCKET_FAILED, message: expect.stringContaining("instead of") });
  });

  test("a refused connection is an error", () => {
    bench.link.refuse(8083);
    open();
    expect(events).toEqual(["error"]);
  });
});

describe("writing", () => {
  test("what is written in one call is one masked binary frame in one write to the socket below", () => {
    const socket = connected();
    const scratch = Uint8Array.of(0, 0xc0, 0, 0);
    socket.write(scratch.subarray(1, 3));
    scratch.fill(9);
    socket.write(Uint8Array.of(1, 2, 3).buffer);
    clock.advance(10);
    expect(bench.peer.frames).toEqual([
      { final: true, opcode: BINARY, payload: Uint8Array.of(0xc0, 0) },
      { final: true, opcode: BINARY, payload: Uint8Array.of(1, 2, 3) },
    ]);
  });

  test("each frame has a mask of its own", () => {
    let next = 0;
    const socket = connected({ random: () => (next++ % 16) / 16 });
    socket.write(Uint8Array.of(1));
    socket.write(Uint8Array.of(1));
    clock.advance(10);
    const [first, second] = bench.peer.peer.writes.slice(1).map((bytes) => [...bytes.subarray(2, 6)]);
    expect(first).not.toEqual(second);
  });

  test("what does not fit the buffer is several frames, in order", () => {
    const socket = connected({ bufferByteLength: 128 });
    const data = Uint8Array.from({ length: 300 }, (_, index) => index & 0xff);
    socket.write(data);
    clock.advance(10);
    expect(bench.peer.frames.map(({ payload }) => payload.length)).toEqual([120, 120, 60]);
    expect(Buffer.concat(bench.peer.frames.map(({ payload }) => payload))).toEqual(Buffer.from(data));
  });

  test("all that is announced as writable can be written, in one call or many, and not a byte more", () => {
    for (const pieces of [1, 7]) {
      const socket = connected({ bufferByteLength: 128 });
      bench.peer.peer.acknowledging = false;
      let free = socket.write(Uint8Array.of(0));
      for (let piece = pieces; piece > 1; piece--)
        free = socket.write(new Uint8Array(Math.floor(free / piece)));
      expect(() => socket.write(new Uint8Array(free + 1))).toThrow(
        expect.objectContaining({ code: BUFFER_FULL }),
      );
      expect(socket.write(new Uint8Array(free))).toBeLessThan(128);
      clock.advance(10);
      expect(() => bench.peer.frames).not.toThrow();
      bench.peer.peer.acknowledging = true;
      clock.advance(10);
      expect(events.at(-1)).toMatch(/^writable [1-9]/);
    }
  });
});

describe("reading", () => {
  test("payload is announced as it arrives, and read in any pieces", () => {
    const socket = connected();
    bench.peer.peer.send([0x82, 5, 1, 2]);
    clock.advance(10);
    expect(events).toEqual(["readable 2"]);
    bench.peer.peer.send([3, 4]);
    clock.advance(10);
    expect(events).toEqual(["readable 2", "readable 4"]);
    const target = new Uint8Array(3);
    expect(socket.read(target)).toBe(3);
    expect([...target]).toEqual([1, 2, 3]);
    expect(() => socket.read(2)).toThrow(
      expect.objectContaining({
        code: INVALID_OPTION,
        message: expect.stringContaining("count 2 is not 1 to 1"),
      }),
    );
    expect(readAll(socket)).toEqual([4]);
    expect(socket.read()).toBeUndefined();
    bench.peer.peer.send([5]);
    clock.advance(10);
    expect(socket.read(target.buffer)).toBe(1);
    expect([...target]).toEqual([5, 2, 3]);
  });

  test("a frame is announced only when the one before is read, also when it is read later", () => {
    const socket = connected();
    bench.peer.send(BINARY, [1, 2]);
    bench.peer.send(BINARY, []);
    bench.peer.send(BINARY, [3]);
    clock.advance(10);
    expect(events).toEqual(["readable 2"]);
    expect(readAll(socket)).toEqual([1, 2]);
    expect(events).toEqual(["readable 2"]);
    clock.advance(0);
    expect(events).toEqual(["readable 2", "readable 1"]);
    expect(readAll(socket)).toEqual([3]);
  });

  test("a firmware that does not read closes TCP's window: nothing is kept here", () => {
    const socket = connected();
    bench.peer.send(BINARY, new Uint8Array(20_000));
    clock.advance(1_000);
    // The window, and the header of the frame, which has been read.
    expect(bench.network.counters.bytesRead - bench.peer.answer().length).toBe(RECEIVE_WINDOW + 4);
    let total = 0;
    while (total < 20_000) {
      total += readAll(socket).length;
      clock.advance(10);
    }
    expect(total).toBe(20_000);
  });
});

describe("control frames", () => {
  test("a Ping is answered with its payload, between fragments and in single bytes", () => {
    const socket = connected();
    bench.peer.send(BINARY, [1], false);
    for (const byte of [0x89, 3, 7, 8, 9, 0x89, 0]) bench.peer.peer.send([byte]);
    bench.peer.send(0, [2]);
    clock.advance(10);
    expect(readAll(socket)).toEqual([1]);
    clock.advance(10);
    expect(readAll(socket)).toEqual([2]);
    expect(bench.peer.frames).toEqual([
      { final: true, opcode: PONG, payload: Uint8Array.of(7, 8, 9) },
      { final: true, opcode: PONG, payload: new Uint8Array(0) },
    ]);
  });

  test("with a full socket the last Ping is answered when there is room again", () => {
    const socket = connected();
    bench.peer.peer.acknowledging = false;
    let free = socket.write(Uint8Array.of(0));
    while (free > 0) free = socket.write(new Uint8Array(Math.min(free, 200)));
    for (const payload of [[1], [2], [3]]) bench.peer.send(PING, payload);
    clock.advance(10);
    const written = bench.peer.frames.length;
    expect(bench.peer.frames.filter(({ opcode }) => opcode === PONG)).toEqual([]);
    bench.peer.peer.acknowledging = true;
    clock.advance(10);
    expect(bench.peer.frames.slice(written)).toEqual([
      { final: true, opcode: PONG, payload: Uint8Array.of(3) },
    ]);
  });

  test("a Pong that nobody asked for is ignored", () => {
    const socket = connected();
    bench.peer.send(PONG, [1, 2, 3]);
    bench.peer.send(BINARY, [4]);
    clock.advance(10);
    expect(events).toEqual(["readable 1"]);
    expect(readAll(socket)).toEqual([4]);
  });

  test("a Close is answered with its code, then the connection is over", () => {
    connected();
    bench.peer.send(CLOSE, [0x03, 0xe9, ...Buffer.from("bye")]);
    clock.advance(10);
    expect(events).toEqual(["error"]);
    expect(error()).toMatchObject({
      code: CONNECTION_LOST,
      message: "the broker closed the WebSocket with code 1001, bye",
    });
    expect(bench.peer.frames).toEqual([{ final: true, opcode: CLOSE, payload: Uint8Array.of(0x03, 0xe9) }]);
    expect(bench.peer.peer.finished).toBe(true);
  });

  test("a Close that comes with the broker's FIN is an end like any other", () => {
    connected();
    bench.peer.send(PING, []);
    bench.peer.send(CLOSE, []);
    bench.peer.peer.finish();
    clock.advance(10);
    expect(events).toEqual(["error"]);
    expect(clock.pending).toBe(0);
  });

  test("bytes that arrived before a Close are delivered first", () => {
    const socket = connected();
    bench.peer.send(BINARY, [1, 2]);
    bench.peer.send(CLOSE, [0x03, 0xe8]);
    clock.advance(10);
    expect(events).toEqual(["readable 2"]);
    expect(readAll(socket)).toEqual([1, 2]);
    clock.advance(10);
    expect(events).toEqual(["readable 2", "error"]);
  });
});

describe("what RFC 6455 and MQTT forbid closes the connection, with the code for it", () => {
  test.each([
    ["a text frame [MQTT-6.0.0-1]", TEXT, [0x81, 1, 65], 1003, "text frame"],
    ["a masked frame", BINARY, [0x82, 0x81, 0, 0, 0, 0, 1], 1002, "masked"],
    ["a reserved bit", BINARY, [0xc2, 0], 1002, "reserved bits"],
    ["a Close of one byte", CLOSE, [0x88, 1, 3], 1002, "Close"],
    ["a Close with text that is not UTF-8", CLOSE, [0x88, 3, 3, 0xe8, 0xff], 1002, "Close"],
  ])("%s", (_name, _opcode, bytes, closeCode, text) => {
    connected();
    bench.peer.peer.send(bytes);
    clock.advance(10);
    expect(events).toEqual(["error"]);
    expect(error()).toMatchObject({ code: WEBSOCKET_FAILED, message: expect.stringContaining(text) });
    expect(bench.peer.frames).toEqual([
      { final: true, opcode: CLOSE, payload: Uint8Array.of(closeCode >> 8, closeCode & 0xff) },
    ]);
    expect(bench.peer.peer.open).toBe(false);
  });
});

describe("close", () => {
  test("sends Close 1000 and FIN, and no callback follows", () => {
    const socket = connected();
    socket.close();
    socket.close();
    bench.peer.send(BINARY, [1]);
    clock.advance(1_000);
    expect(bench.peer.frames).toEqual([{ final: true, opcode: CLOSE, payload: Uint8Array.of(0x03, 0xe8) }]);
    expect(bench.peer.peer.finished).toBe(true);
    expect(events).toEqual([]);
    expect(() => socket.read()).toThrow(expect.objectContaining({ code: INVALID_STATE }));
    expect(() => socket.write(Uint8Array.of(1))).toThrow(expect.objectContaining({ code: INVALID_STATE }));
    expect(clock.pending).toBe(0);
  });

  test("before the server has answered it sends nothing", () => {
    const socket = open();
    socket.close();
    clock.advance(10);
    const { writes, finished } = bench.peer.peer;
    expect([writes.length, finished]).toEqual([1, true]);
  });

  test("while a later turn would go on receiving, nothing comes", () => {
    const socket = connected();
    bench.peer.send(BINARY, [1]);
    bench.peer.send(BINARY, [2]);
    clock.advance(10);
    readAll(socket);
    socket.close();
    clock.advance(1_000);
    expect([events, clock.pending]).toEqual([["readable 1"], 0]);
  });

  test.each(["onWritable", "onReadable", "onError"] as const)("inside %s is the last callback", (name) => {
    const socket = open({
      [name](this: WebSocketTransport) {
        events.push(name);
        this.close();
      },
    });
    bench.peer.accept();
    if (name === "onError") bench.peer.send(TEXT, []);
    else bench.peer.send(BINARY, [1]);
    bench.peer.send(BINARY, [2]);
    bench.peer.peer.finish();
    clock.advance(1_000);
    expect(events.at(-1)).toBe(name);
    expect(events.filter((event) => event === name)).toHaveLength(1);
    expect(() => socket.read()).toThrow("closed");
    expect(clock.pending).toBe(0);
    expect(bench.network.connectionCount).toBe(0);
  });
});
