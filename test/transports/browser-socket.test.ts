import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import BrowserResolver from "../../device/client/transports/browser/browser-resolver";
import BrowserSocket, {
  type BrowserSocketOptions,
} from "../../device/client/transports/browser/browser-socket";
import { WEBSOCKET_FAILED } from "../../device/client/transports/transport-error";
import {
  BUFFER_FULL,
  CONNECTION_LOST,
  INVALID_OPTION,
  INVALID_STATE,
  type MQTTError,
} from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";

/** The browser's WebSocket, played by a test. */
class FakeWebSocket {
  static last: FakeWebSocket;
  readonly url: string;
  readonly requested: string;
  protocol = "mqtt";
  binaryType = "blob";
  bufferedAmount = 0;
  readyState = 0;
  readonly sent: Uint8Array[] = [];
  closedWith: number | undefined;
  closes = 0;
  onopen: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number; reason: string }) => void) | null = null;

  constructor(url: string, protocol: string) {
    this.url = url;
    this.requested = protocol;
    FakeWebSocket.last = this;
  }

  open(): void {
    this.readyState = 1;
    this.onopen?.();
  }

  message(...bytes: number[]): void {
    this.onmessage?.({ data: Uint8Array.from(bytes).buffer });
  }

  send(data: Uint8Array): void {
    this.sent.push(data.slice());
    this.bufferedAmount += data.length;
  }

  close(code?: number): void {
    this.closedWith = code;
    this.closes += 1;
    this.readyState = 2;
  }
}

let events: unknown[];
beforeEach(() => {
  events = [];
  vi.stubGlobal("WebSocket", FakeWebSocket);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function connect(options: Partial<BrowserSocketOptions> = {}): BrowserSocket {
  return new BrowserSocket({
    host: "broker.local",
    port: 8083,
    onReadable: (count) => events.push(`readable ${count}`),
    onWritable: (count) => events.push(`writable ${count}`),
    onError: (error) => events.push(error),
    ...options,
  });
}

function connected(options: Partial<BrowserSocketOptions> = {}): [BrowserSocket, FakeWebSocket] {
  const socket = connect(options);
  FakeWebSocket.last.open();
  events.length = 0;
  return [socket, FakeWebSocket.last];
}

describe("opening", () => {
  test("asks for the subprotocol mqtt at the path, and says how much may be written [MQTT-6.0.0-3]", () => {
    connect();
    const { last } = FakeWebSocket;
    expect([last.url, last.requested, last.binaryType]).toEqual([
      "ws://broker.local:8083/mqtt",
      "mqtt",
      "arraybuffer",
    ]);
    last.open();
    expect(events).toEqual(["writable 65536"]);
  });

  test("secure is wss, an IPv6 address stands in brackets", () => {
    connect({ secure: true, host: "::1", path: "/" });
    expect(FakeWebSocket.last.url).toBe("wss://[::1]:8083/");
  });

  test("callbacks have the target", () => {
    const target = {};
    let seen: unknown;
    connect({
      target,
      onWritable() {
        seen = this.target;
      },
    });
    FakeWebSocket.last.open();
    expect(seen).toBe(target);
  });

  test("another subprotocol is refused [MQTT-6.0.0-4]", () => {
    connect();
    FakeWebSocket.last.protocol = "";
    FakeWebSocket.last.open();
    expect(events).toEqual([
      expect.objectContaining({
        code: WEBSOCKET_FAILED,
        message: expect.stringContaining('the broker chose the subprotocol "" instead of "mqtt"'),
      }),
    ]);
    expect(FakeWebSocket.last.closedWith).toBe(1000);
  });

  test("wrong options throw; so does a place without WebSocket", () => {
    const refuses = (options: object, message: string): void =>
      expect(() => connect(options)).toThrow(
        expect.objectContaining({ code: INVALID_OPTION, message: expect.stringContaining(message) }),
      );
    for (const host of ["", 5]) refuses({ host }, "host of the WebSocket is missing");
    for (const path of ["mqtt", 5]) refuses({ path }, `path ${path} does not begin with /`);
    refuses({ format: "number" }, "format number is not buffer");
    vi.stubGlobal("WebSocket", undefined);
    refuses({}, "there is no global WebSocket here");
  });

  test("the format is buffer and stays that, and without the option target there is none", () => {
    const socket = connect();
    socket.format = "buffer";
    expect(() => {
      socket.format = "number" as "buffer";
    }).toThrow(
      expect.objectContaining({ code: INVALID_OPTION, message: expect.stringContaining("format number") }),
    );
    expect([socket.format, "target" in socket]).toEqual(["buffer", false]);
  });

  test("without callbacks it works all the same", () => {
    const [socket, webSocket] = connected({
      onReadable: undefined!,
      onWritable: undefined!,
      onError: undefined!,
    });
    webSocket.message(1);
    expect(socket.read()?.byteLength).toBe(1);
    socket.write(Uint8Array.of(1));
    webSocket.bufferedAmount = 0;
    clock.advance(10);
    webSocket.onclose?.({ code: 1006, reason: "" });
    expect(() => socket.read()).toThrow("the WebSocket is closed");
    const [other, second] = connected({
      onReadable: undefined!,
      onWritable: undefined!,
      onError: undefined!,
    });
    second.onmessage?.({ data: "text" });
    expect(() => other.read()).toThrow("the WebSocket is closed");
  });
});

describe("reading", () => {
  test("messages are one stream of bytes, read in any pieces", () => {
    const [socket, webSocket] = connected();
    webSocket.message(1, 2);
    webSocket.message();
    webSocket.message(3, 4, 5);
    expect(events).toEqual(["readable 2", "readable 5"]);
    const target = new Uint8Array(3);
    expect(socket.read(target)).toBe(3);
    expect([...target]).toEqual([1, 2, 3]);
    expect(() => socket.read(3)).toThrow(
      expect.objectContaining({
        code: INVALID_OPTION,
        message: expect.stringContaining("count 3 is not 1 to 2"),
      }),
    );
    expect([...new Uint8Array(socket.read(1)!)]).toEqual([4]);
    expect(socket.read(target.buffer)).toBe(1);
    expect([...target]).toEqual([5, 2, 3]);
    webSocket.message(6);
    expect([...new Uint8Array(socket.read()!)]).toEqual([6]);
    expect(socket.read()).toBeUndefined();
    expect(socket.read(target)).toBeUndefined();
    clock.advance(10);
    expect(events).toHaveLength(3);
  });

  test("a text message closes the connection [MQTT-6.0.0-1]", () => {
    const [, webSocket] = connected();
    webSocket.onmessage?.({ data: "hello" });
    expect(events).toEqual([
      expect.objectContaining({ code: WEBSOCKET_FAILED, message: expect.stringContaining("text frame") }),
    ]);
    expect(webSocket.closedWith).toBe(1000);
  });

  test("16 MiB unread are the most", () => {
    const [, webSocket] = connected();
    const data = new ArrayBuffer(8_388_608);
    webSocket.onmessage?.({ data });
    webSocket.onmessage?.({ data });
    expect(events).toHaveLength(2);
    webSocket.message(1);
    expect(events[2]).toMatchObject({
      code: BUFFER_FULL,
      message: expect.stringContaining("over 16777216 bytes are unread"),
    });
    expect(webSocket.closedWith).toBe(1000);
  });
});

describe("writing", () => {
  test("each write is one message; what waits in the browser is not writable", () => {
    const [socket, webSocket] = connected();
    expect(socket.write(Uint8Array.of(1, 2))).toBe(65_534);
    expect(socket.write(Uint8Array.of(3).buffer)).toBe(65_533);
    expect(webSocket.sent).toEqual([Uint8Array.of(1, 2), Uint8Array.of(3)]);
    expect(() => socket.write(new Uint8Array(65_534))).toThrow(
      expect.objectContaining({
        code: BUFFER_FULL,
        message: expect.stringContaining("65534 bytes do not fit the WebSocket, which takes 65533"),
      }),
    );
    clock.advance(100);
    expect(events).toEqual([]);
    webSocket.bufferedAmount = 0;
    clock.advance(10);
    expect(events).toEqual(["writable 65536"]);
    expect(clock.pending).toBe(0);
  });

  test("may fill the browser's buffer to the last byte, and a full one takes nothing", () => {
    const [socket, webSocket] = connected();
    expect(socket.write(new Uint8Array(65_536))).toBe(0);
    webSocket.bufferedAmount = 70_000;
    expect(() => socket.write(Uint8Array.of(1))).toThrow("which takes 0");
    socket.close();
  });

  test("is over when the browser closes: then nothing is writable any more", () => {
    const [socket, webSocket] = connected();
    socket.write(Uint8Array.of(1));
    webSocket.readyState = 2;
    webSocket.bufferedAmount = 0;
    clock.advance(20);
    expect([events, clock.pending]).toEqual([[], 0]);
    socket.close();
  });

  test("before it is open and after close it throws", () => {
    const socket = connect();
    const state = expect.objectContaining({ code: INVALID_STATE });
    expect(() => socket.write(Uint8Array.of(1))).toThrow("the WebSocket is not open");
    expect(() => socket.write(Uint8Array.of(1))).toThrow(state);
    socket.close();
    expect(() => socket.write(Uint8Array.of(1))).toThrow(state);
    expect(() => socket.read()).toThrow(state);
  });
});

describe("the end", () => {
  test("comes after the last byte is read, with the code and the reason", () => {
    const [socket, webSocket] = connected();
    webSocket.message(1, 2);
    webSocket.onclose?.({ code: 1011, reason: "restarting" });
    clock.advance(10);
    socket.read(1);
    clock.advance(10);
    expect(events).toEqual(["readable 2"]);
    socket.read();
    expect(events).toEqual(["readable 2"]);
    clock.advance(0);
    expect((events[1] as MQTTError).code).toBe(CONNECTION_LOST);
    expect((events[1] as MQTTError).message).toBe("the WebSocket was closed with code 1011, restarting");
  });

  test("comes at once when nothing is unread, and says no more than there is to say", () => {
    const [, webSocket] = connected();
    webSocket.onclose?.({ code: 1006, reason: "" });
    expect(events.map((error) => (error as MQTTError).message)).toEqual([
      "the WebSocket was closed with code 1006",
    ]);
  });

  test("after close nothing comes, whatever the browser does", () => {
    const [socket, webSocket] = connected();
    socket.write(Uint8Array.of(1));
    socket.close();
    socket.close();
    expect([webSocket.closedWith, webSocket.closes]).toEqual([1000, 1]);
    webSocket.message(1);
    webSocket.onclose?.({ code: 1006, reason: "" });
    clock.advance(1_000);
    expect(events).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});

describe("the resolver", () => {
  test("hands a name on, a turn later", () => {
    const resolver = new BrowserResolver();
    resolver.resolve({ host: "broker.local", onResolved: (...names) => events.push(names) });
    expect(events).toEqual([]);
    clock.advance(0);
    expect(events).toEqual([["broker.local", "broker.local"]]);
  });

  test("closed it calls nobody", () => {
    const resolver = new BrowserResolver();
    resolver.resolve({ host: "broker.local", onResolved: () => events.push("resolved") });
    resolver.close();
    clock.advance(10);
    expect(events).toEqual([]);
  });
});
