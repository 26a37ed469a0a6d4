import { beforeEach, describe, expect, test } from "vitest";
import { TLS_FAILED, WEBSOCKET_FAILED } from "../../device/client/transports/transport-error";
import { BINARY, CLOSE, PING, PONG } from "../../device/client/transports/websocket/frame";
import { acceptOf } from "../../device/client/transports/websocket/handshake";
import WebSocketTransport, {
  type WebSocketTransportOptions,
} from "../../device/client/transports/websocket/websocket-transport";
import { INVALID_OPTION, type MQTTError, mqttError } from "../../device/mqtt/mqtt-error";
import { clock } from "../support/timer";
import { readClientFrame, serverFrame } from "./websocket-peer";

interface SocketOptions {
  onReadable(count: number): void;
  onWritable(count: number): void;
  onError(error?: unknown): void;
}

/** The socket below, whose callbacks a test calls when it likes. Unless told to, it says nothing of room for more. */
class Below {
  static last: Below;
  readonly options: SocketOptions & Record<string, unknown>;
  readonly written: Uint8Array[] = [];
  closed = 0;
  /** What `write` returns. */
  answer: number | undefined;
  #received: number[] = [];

  constructor(options: SocketOptions & Record<string, unknown>) {
    this.options = options;
    Below.last = this;
  }

  /** Bytes arrive; the callback says so. */
  arrive(...bytes: number[]): void {
    this.#received.push(...bytes);
    this.options.onReadable(this.#received.length);
  }

  read(target: Uint8Array): void {
    target.set(this.#received.splice(0, target.length));
  }

  write(bytes: Uint8Array): number | undefined {
    this.written.push(bytes.slice());
    return this.answer;
  }

  close(): void {
    this.closed += 1;
  }

  get frames(): { opcode: number; payload: number[] }[] {
    return this.written.slice(1).map((bytes) => {
      const { opcode, payload } = readClientFrame(bytes);
      return { opcode, payload: [...payload] };
    });
  }
}

let events: string[];
beforeEach(() => {
  events = [];
});

const CALLBACKS: Partial<WebSocketTransportOptions> = {
  onReadable: (count) => void events.push(`readable ${count}`),
  onWritable: (count) => void events.push(`writable ${count}`),
  onError: (error) => void events.push(`error ${(error as MQTTError | undefined)?.code}`),
};

function make(options: Partial<WebSocketTransportOptions> = CALLBACKS): WebSocketTransport {
  return new WebSocketTransport({ host: "broker.local", port: 8083, socket: { io: Below }, ...options });
}

/** Lets the socket below take `free` bytes, and answers the request. */
function open(options?: Partial<WebSocketTransportOptions>, free = 1000): WebSocketTransport {
  const socket = make(options);
  Below.last.options.onWritable(free);
  const key = /Sec-WebSocket-Key: (.*)\r\n/.exec(Buffer.from(Below.last.written[0]!).toString())?.[1] ?? "";
  const answer = `HTTP/1.1 101 OK\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${acceptOf(key)}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n`;
  Below.last.arrive(...Buffer.from(answer));
  return socket;
}

/** One that is open, with `free` bytes of room below. */
function opened(free: number): WebSocketTransport {
  const socket = open();
  Below.last.options.onWritable(free);
  events.length = 0;
  return socket;
}

describe("the socket below", () => {
  test("is asked for bytes, and for no delay by both names: the SDK's and the standard's", () => {
    make();
    expect(Below.last.options).toMatchObject({
      format: "buffer",
      nodelay: true,
      noDelay: true,
      host: "broker.local",
      port: 8083,
    });
  });

  test("must take the whole request at once, or there is no WebSocket", () => {
    make();
    Below.last.options.onWritable(1000);
    const { length } = Below.last.written[0]!;
    make();
    Below.last.options.onWritable(length);
    expect([events, Below.last.written.length]).toEqual([[], 1]);
    make({
      ...CALLBACKS,
      onError: (error) => void events.push((error as MQTTError).message, `${(error as MQTTError).code}`),
    });
    Below.last.options.onWritable(length - 1);
    expect(events).toEqual([
      expect.stringContaining(
        `request of ${length} bytes does not fit the socket, which takes ${length - 1}`,
      ),
      `${WEBSOCKET_FAILED}`,
    ]);
    expect([Below.last.written.length, Below.last.closed]).toEqual([0, 1]);
  });

  test("need not say how much it takes after a write: what was written is counted", () => {
    const socket = opened(100);
    expect(socket.write(new Uint8Array(10))).toBe(100 - 16 - 8);
    expect(() => socket.write(new Uint8Array(77))).toThrow(
      "77 bytes do not fit the WebSocket, which takes 76",
    );
    expect(socket.write(new Uint8Array(76))).toBe(0);
  });

  test("is believed when it says, as TLS takes more room than there are bytes", () => {
    const socket = opened(100);
    Below.last.answer = 50;
    expect(socket.write(new Uint8Array(10))).toBe(50 - 8);
  });

  test("may just be lost: that is passed on as it came", () => {
    opened(1000);
    Below.last.options.onError();
    expect(events).toEqual(["error undefined"]);
  });

  test("has an error of its own while the server answers: that is the one that comes", () => {
    make();
    Below.last.options.onWritable(1000);
    Below.last.options.onError(mqttError(TLS_FAILED, "TLS: certificate"));
    expect(events).toEqual([`error ${TLS_FAILED}`]);
  });

  test("may call back after all is closed, which nobody hears of", () => {
    const socket = opened(1000);
    Below.last.arrive(0x82, 3, 1);
    socket.close();
    const { written } = Below.last;
    const { length } = written;
    Below.last.arrive(2, 3);
    Below.last.options.onWritable(5000);
    Below.last.options.onError();
    clock.advance(10);
    expect(events).toEqual(["readable 1"]);
    expect([written.length, Below.last.closed]).toEqual([length, 1]);
  });

  test("may call back from inside `read`: everything comes once, and in order", () => {
    const taken: number[] = [];
    open({
      ...CALLBACKS,
      onReadable(count) {
        events.push(`readable ${count}`);
        if (taken.length === 0) Below.last.arrive(0x82, 1, 3);
        taken.push(...new Uint8Array(this.read(count)!));
      },
    });
    Below.last.arrive(0x82, 2, 1, 2);
    expect(taken).toEqual([1, 2, 3]);
    expect(events.slice(1)).toEqual(["readable 2", "readable 1"]);
    expect(clock.pending).toBe(0);
  });
});

describe("room below", () => {
  test("for nothing but the header of a frame is no room", () => {
    opened(1000);
    Below.last.options.onWritable(8);
    expect(events).toEqual([]);
    Below.last.options.onWritable(9);
    expect(events).toEqual(["writable 1"]);
  });

  test("a Pong waits for it, and goes out once", () => {
    opened(10);
    Below.last.arrive(...serverFrame(PING, [1, 2, 3]));
    expect(Below.last.frames).toEqual([]);
    for (const free of [11, 100]) {
      Below.last.options.onWritable(free);
      expect(Below.last.frames).toEqual([{ opcode: PONG, payload: [1, 2, 3] }]);
    }
  });

  test("a Close frame does without where there is none", () => {
    opened(9).close();
    expect(Below.last.frames).toEqual([]);
    opened(10).close();
    expect(Below.last.frames).toEqual([{ opcode: CLOSE, payload: [3, 0xe8] }]);
  });
});

describe("reading", () => {
  test("what was announced is announced again only when there is more of it", () => {
    const socket = opened(1000);
    Below.last.arrive(0x82, 2, 1, 2);
    Below.last.arrive(0x82, 1);
    Below.last.arrive(3);
    expect(events).toEqual(["readable 2"]);
    socket.read();
    clock.advance(0);
    expect(events).toEqual(["readable 2", "readable 1"]);
  });

  test("arranges for a later turn only when all is read that was announced, and there is more", () => {
    const socket = opened(1000);
    Below.last.arrive(0x82, 2, 1, 2);
    socket.read(1);
    expect(clock.pending).toBe(0);
    Below.last.arrive(0x82, 1, 3);
    socket.read(1);
    expect(clock.pending).toBe(1);
    clock.advance(0);
    socket.read(1);
    expect(clock.pending).toBe(0);
    expect(events).toEqual(["readable 2", "readable 1"]);
  });

  test("inside onReadable nothing is put off: frames follow one another", () => {
    open({
      onReadable(count) {
        this.read(count);
        events.push(`read ${count}`);
        expect(clock.pending).toBe(0);
      },
    });
    Below.last.arrive(0x82, 2, 1, 2, 0x82, 1, 3);
    expect([events, clock.pending]).toEqual([["read 2", "read 1"], 0]);
  });

  test.each([
    [[], 1000],
    [[0x03, 0xe9], 1001],
  ])("a Close of %j has the code %i and no reason", (payload, code) => {
    open({ onError: (error) => void events.push((error as MQTTError).message) });
    Below.last.arrive(...serverFrame(CLOSE, payload));
    expect(events).toEqual([`the broker closed the WebSocket with code ${code}`]);
    expect(Below.last.frames).toEqual([{ opcode: CLOSE, payload: [code >> 8, code & 0xff] }]);
  });

  test("a control frame is complete with its last byte, and not before", () => {
    opened(1000);
    for (const byte of [0x89, 3, 7, 8]) Below.last.arrive(byte);
    expect(Below.last.frames).toEqual([]);
    Below.last.arrive(9);
    expect(Below.last.frames).toEqual([{ opcode: PONG, payload: [7, 8, 9] }]);
  });
});

describe("options", () => {
  test("wrong options throw, and nothing is connected", () => {
    const before = Below.last;
    const wrong: [Partial<Record<keyof WebSocketTransportOptions, unknown>>, string][] = [
      [{ socket: {} }, "socket of the WebSocket has no class as io"],
      [{ socket: undefined }, "socket of the WebSocket has no class as io"],
      [{ host: 5 }, "host of the WebSocket is missing"],
      [{ path: "mqtt" }, "path mqtt"],
      [{ bufferByteLength: 127 }, "bufferByteLength 127 is not 128 to 65543"],
      [{ bufferByteLength: 65_544 }, "bufferByteLength 65544"],
      [{ format: "number" }, "format number is not buffer"],
    ];
    for (const [options, message] of wrong)
      expect(() => make(options as Partial<WebSocketTransportOptions>)).toThrow(
        expect.objectContaining({ code: INVALID_OPTION, message: expect.stringContaining(message) }),
      );
    expect(Below.last).toBe(before);
  });

  test("the largest buffer makes one frame of 65,535 bytes", () => {
    open({ bufferByteLength: 65_543 }, 70_000).write(new Uint8Array(65_535));
    expect(Below.last.frames.map(({ payload }) => payload.length)).toEqual([65_535]);
  });

  test("the format is buffer and stays that, and without the option target there is none", () => {
    const socket = make();
    socket.format = "buffer";
    expect(() => {
      socket.format = "number" as "buffer";
    }).toThrow(
      expect.objectContaining({ code: INVALID_OPTION, message: expect.stringContaining("format number") }),
    );
    expect([socket.format, "target" in socket]).toEqual(["buffer", false]);
  });
});

describe("writing", () => {
  test("nothing makes no frame, and what fills two frames makes two", () => {
    const socket = open({ bufferByteLength: 128 });
    socket.write(new Uint8Array(0));
    expect(Below.last.frames).toEqual([]);
    socket.write(new Uint8Array(240));
    expect(Below.last.frames.map(({ opcode, payload }) => [opcode, payload.length])).toEqual([
      [BINARY, 120],
      [BINARY, 120],
    ]);
  });
});

test("without callbacks it works all the same", () => {
  const socket = open({});
  Below.last.arrive(0x82, 1, 5);
  expect([...new Uint8Array(socket.read()!)]).toEqual([5]);
  Below.last.options.onError();
  expect(Below.last.closed).toBe(1);
  open({});
  Below.last.arrive(...serverFrame(CLOSE, []));
  expect(Below.last.closed).toBe(1);
});
