import { beforeEach, describe, expect, test } from "vitest";
import TLSTransport, {
  type SecureOptions,
  type TLSTransportOptions,
} from "../../device/client/transports/tls-transport";
import { TLS_FAILED } from "../../device/client/transports/transport-error";
import { INVALID_OPTION, INVALID_STATE } from "../../device/mqtt/mqtt-error";

/** A TCP socket whose callbacks a test calls, as the chip does. */
class TCP {
  static last: TCP;
  readonly options: Record<string, (count?: number) => void>;
  closed = false;

  constructor(options: Record<string, (count?: number) => void>) {
    this.options = options;
    TCP.last = this;
  }

  close(): void {
    this.closed = true;
  }
}

/** As the TLS socket of the Moddable SDK: what is wrong with a handshake is thrown out of the callback of the TCP socket. */
class TLSSocket {
  static last: TLSSocket;
  readonly options: Record<string, unknown> & { secure: object };
  readonly socket: TCP;
  closed = false;
  /** What came from TCP. */
  readonly seen: (number | undefined)[] = [];
  problem: Error | undefined;

  constructor(options: TLSSocket["options"]) {
    this.options = options;
    TLSSocket.last = this;
    const { io } = options.TCP as { io: typeof TCP };
    this.socket = new io({
      ...(options as object),
      onReadable: (count?: number) => {
        this.seen.push(count);
        if (this.problem) throw this.problem;
        (options.onReadable as (count?: number) => void)(count);
      },
      onWritable: (count?: number) => (options.onWritable as (count?: number) => void)(count),
      onError: () => (options.onError as () => void)(),
    });
  }

  read(): ArrayBuffer {
    return Uint8Array.of(1, 2).buffer;
  }

  write(): number {
    return 77;
  }

  close(): void {
    this.closed = true;
    this.socket.close();
  }
}

let events: unknown[];
beforeEach(() => {
  events = [];
});

function open(options: Partial<TLSTransportOptions> = {}): TLSTransport {
  return new TLSTransport({
    TLS: { io: TLSSocket },
    TCP: { io: TCP },
    host: "broker.test",
    address: "10.0.0.1",
    port: 8883,
    onReadable: (count) => events.push(["readable", count]),
    onWritable: (count) => events.push(["writable", count]),
    onError: (error) => events.push(["error", error]),
    ...options,
  });
}

test("everything passes between the owner and the TLS socket, with the target as the owner wants it", () => {
  const target = {};
  let seen: unknown;
  open({
    target,
    onWritable() {
      seen = this.target;
    },
  });
  TCP.last.options.onWritable!(100);
  TCP.last.options.onReadable!(2);
  TCP.last.options.onError!();
  expect(seen).toBe(target);
  expect(events).toEqual([
    ["readable", 2],
    ["error", undefined],
  ]);
  const other = open();
  expect(other.write(Uint8Array.of(1))).toBe(77);
  expect(other.read(2)).toEqual(Uint8Array.of(1, 2).buffer);
});

test("the format is buffer and stays that, and without the option target there is none", () => {
  const transport = open();
  transport.format = "buffer";
  expect(() => {
    transport.format = "number" as "buffer";
  }).toThrow(
    expect.objectContaining({ code: INVALID_OPTION, message: expect.stringContaining("format number") }),
  );
  expect([transport.format, "target" in transport]).toEqual(["buffer", false]);
});

test("without callbacks it works all the same", () => {
  const transport = open({ onReadable: undefined!, onWritable: undefined!, onError: undefined! });
  TCP.last.options.onWritable!(100);
  TCP.last.options.onReadable!(2);
  (TLSSocket.last.options.onError as () => void)();
  expect(TLSSocket.last.closed).toBe(true);
  expect(() => transport.read()).toThrow("the TLS socket is closed");
});

test("TLS gets its options and TLS 1.2, TCP the address", () => {
  const certificate = new ArrayBuffer(1);
  open({ secure: { certificate, applicationLayerProtocolNegotiation: "mqtt" } });
  expect(TLSSocket.last.options.secure).toEqual({
    certificate,
    applicationLayerProtocolNegotiation: "mqtt",
    protocolVersion: 0x303,
  });
  expect(TCP.last.options).toMatchObject({ address: "10.0.0.1", port: 8883 });
});

test("what the TLS socket throws inside a callback of TCP, which would end the machine, is an error of the connection", () => {
  const transport = open();
  TLSSocket.last.problem = new Error("certificate: auth err");
  expect(() => TCP.last.options.onReadable!(5)).not.toThrow();
  expect(events).toEqual([["error", expect.objectContaining({ code: TLS_FAILED })]]);
  expect(events[0]).toEqual(["error", expect.objectContaining({ message: "TLS: certificate: auth err" })]);
  expect(TCP.last.closed).toBe(true);
  expect(() => transport.write(Uint8Array.of(1))).toThrow(expect.objectContaining({ code: INVALID_STATE }));
  TCP.last.options.onReadable!(5);
  TCP.last.options.onError!();
  expect(events).toHaveLength(1);
});

test("what the TLS socket gives to its own onError is an error of the connection too, whatever it is", () => {
  open();
  (TLSSocket.last.options.onError as (error: unknown) => void)("certificate: expired");
  expect(events).toEqual([
    ["error", expect.objectContaining({ code: TLS_FAILED, message: "TLS: certificate: expired" })],
  ]);
});

test("what the application throws is its own: it is thrown on, and no error of TLS", () => {
  open({
    onReadable() {
      throw new Error("firmware bug");
    },
  });
  expect(() => TCP.last.options.onReadable!(5)).toThrow("firmware bug");
  expect(events).toEqual([]);
});

test("after close no callback comes, and the socket can be closed again", () => {
  const transport = open();
  transport.close();
  transport.close();
  const { seen, options } = TLSSocket.last;
  for (const name of ["onReadable", "onWritable", "onError"]) TCP.last.options[name]!(1);
  // TLS hears of nothing either, and what it had to say by itself is not passed on.
  expect(seen).toEqual([]);
  for (const name of ["onReadable", "onWritable", "onError"]) (options[name] as (count: number) => void)(1);
  expect(events).toEqual([]);
  expect(TLSSocket.last.closed).toBe(true);
  expect(() => transport.read()).toThrow(expect.objectContaining({ code: INVALID_STATE }));
});

describe("nothing of TLS can be switched off", () => {
  test.each([
    ["verify: false", { verify: false }, "whoever cannot verify the broker cannot trust it"],
    ["verify: 0", { verify: 0 }, "verify 0"],
    ["TLS 1.1", { protocolVersion: 0x302 }, "protocolVersion 770 is not TLS 1.2"],
    ["a certificate without key", { clientCertificates: [new ArrayBuffer(1)] }, "belong together"],
    ["a key without certificate", { clientKey: new ArrayBuffer(1) }, "belong together"],
  ])("%s is refused before anything is connected", (_name, secure, message) => {
    const before = TCP.last;
    expect(() => open({ secure: secure as SecureOptions })).toThrow(
      expect.objectContaining({ code: INVALID_OPTION, message: expect.stringContaining(message) }),
    );
    expect(TCP.last).toBe(before);
  });

  test("missing classes and the format number are refused", () => {
    const wrong: [object, string][] = [
      [{ TLS: {} }, "TLS has no class as io"],
      [{ TLS: undefined }, "TLS has no class as io"],
      [{ TCP: {} }, "TCP has no class as io"],
      [{ TCP: undefined }, "TCP has no class as io"],
      [{ format: "number" }, "format number is not buffer"],
    ];
    for (const [options, message] of wrong)
      expect(() => open(options)).toThrow(
        expect.objectContaining({ code: INVALID_OPTION, message: expect.stringContaining(message) }),
      );
  });
});
