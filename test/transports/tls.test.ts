import type { TlsOptions } from "node:tls";
import { afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import MQTTClient from "../../device/client/mqtt-client";
import TLSTransport, { type SecureOptions } from "../../device/client/transports/tls-transport";
import { TLS_FAILED } from "../../device/client/transports/transport-error";
import { type MQTTError, PEER } from "../../device/mqtt/mqtt-error";
import { Authority, type Identity, type Subject } from "../support/certificates";
import { RealDevice } from "../support/real-device";
import { TLSServer } from "./tls-server";

vi.mock("timer", () => import("../support/real-timer"));

const HOST = "broker.test";
const DAY = 86_400_000;

let authority: Authority;
let stranger: Authority;
let identity: Identity;
beforeAll(async () => {
  authority = await Authority.create("The home's own authority");
  stranger = await Authority.create("Somebody else");
  identity = await authority.issue({ commonName: HOST, hosts: [HOST, "127.0.0.1"] });
});

let server: TLSServer;
let device: RealDevice;
afterEach(async () => {
  device.close();
  await server.stop();
});

async function serve(options: TlsOptions & { identity?: Identity } = {}): Promise<void> {
  server = new TLSServer(options.identity ?? identity, options);
  await server.start();
}

interface Opened {
  readonly socket: TLSTransport;
  /** What has been received so far. */
  readonly received: () => Buffer;
  /** Resolves when so many bytes have been received. */
  readonly receive: (byteLength: number) => Promise<Buffer>;
  /** The end of the connection. */
  readonly ended: Promise<MQTTError | undefined>;
  /** Free bytes, when the TLS connection stands. */
  readonly ready: Promise<number>;
}

interface OpenOptions {
  readonly secure?: SecureOptions;
  readonly host?: string;
  readonly date?: () => number;
  readonly onWritable?: (socket: TLSTransport, count: number) => void;
}

function open({ secure, host = HOST, date, onWritable }: OpenOptions = {}): Opened {
  device = new RealDevice(date);
  const { promise: ready, resolve: setReady } = defer<number>();
  const { promise: ended, resolve: setEnded } = defer<MQTTError | undefined>();
  const waiting: { byteLength: number; resolve: (bytes: Buffer) => void }[] = [];
  let received = Buffer.alloc(0);
  const socket = new TLSTransport({
    TLS: { io: device.TLS },
    TCP: { io: device.TCP },
    secure: secure ?? { certificate: authority.DER },
    host,
    address: "127.0.0.1",
    port: server.port,
    nodelay: true,
    onReadable() {
      received = Buffer.concat([received, new Uint8Array(this.read() as ArrayBuffer)]);
      for (const { byteLength, resolve } of waiting) if (received.length >= byteLength) resolve(received);
    },
    onWritable(count) {
      setReady(count);
      onWritable?.(this, count);
    },
    onError: (error) => setEnded(error as MQTTError | undefined),
  });
  const receive = (byteLength: number): Promise<Buffer> =>
    new Promise((resolve) => {
      if (received.length >= byteLength) resolve(received);
      else waiting.push({ byteLength, resolve });
    });
  return { socket, received: () => received, receive, ended, ready };
}

function defer<T>(): { promise: Promise<T>; resolve: (value: T) => void } {
  let resolve!: (value: T) => void;
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

/** Echoes what arrives. */
function echo(): void {
  server.onData = (bytes, connection) => connection.write(bytes);
}

describe("a TLS connection", () => {
  test("carries bytes both ways as TLS 1.2, one record in one TCP write for each write", async () => {
    await serve();
    echo();
    const { socket, receive, ready } = open();
    expect(await ready).toBeGreaterThan(4_000);
    const before = device.network.counters.writes;
    const scratch = Buffer.from("21.5");
    socket.write(scratch);
    scratch.fill(0);
    expect((await receive(4)).toString()).toBe("21.5");
    expect(device.network.counters.writes).toBe(before + 1);
    expect(server.connections[0]?.getProtocol()).toBe("TLSv1.2");
  });

  test("what is on the air, and the taps of the interface see, is no plaintext", async () => {
    await serve();
    echo();
    const { socket, receive, ready } = open();
    const air: Buffer[] = [];
    device.network.onWrite = (bytes) => air.push(Buffer.from(bytes));
    device.network.onRead = (bytes) => air.push(Buffer.from(bytes));
    await ready;
    socket.write(Buffer.from("home/temp 21.5"));
    await receive(14);
    expect(device.network.counters.bytesWritten).toBeGreaterThan(14);
    expect(Buffer.concat(air).includes("home/temp")).toBe(false);
  });

  test("the plaintext shows at taps of its own, one call a record, with the number of its connection", async () => {
    await serve();
    echo();
    const { socket, receive, ready } = open();
    const said: string[] = [];
    const note = (direction: string) => (bytes: Uint8Array, connection: number) =>
      said.push(`${direction} ${connection} ${Buffer.from(bytes)}`);
    device.network.onPlaintextWrite = note("write");
    device.network.onPlaintextRead = note("read");
    await ready;
    socket.write(Buffer.from("21.5"));
    await receive(4);
    expect(said).toEqual(["write 1 21.5", "read 1 21.5"]);
  });

  test("server name and ALPN reach the ClientHello", async () => {
    await serve({ ALPNProtocols: ["x-amzn-mqtt-ca", "mqtt"] });
    const secure = { certificate: authority.DER, applicationLayerProtocolNegotiation: ["mqtt"] };
    await open({ secure }).ready;
    expect(server.connections[0]).toMatchObject({ servername: HOST, alpnProtocol: "mqtt" });
  });

  test("serverName stands for a host that is not in the certificate; an address in it needs no name", async () => {
    await serve();
    await open({ host: "other.test", secure: { certificate: authority.DER, serverName: HOST } }).ready;
    device.close();
    expect(await open({ host: "127.0.0.1" }).ready).toBeGreaterThan(0);
  });

  test("the certificate of a device reaches a broker that asks for it", async () => {
    await serve({ requestCert: true, rejectUnauthorized: true, ca: authority.PEM });
    const { certificateDER, keyDER } = await authority.issue({ commonName: "sensor-1" });
    const secure = { certificate: authority.DER, clientCertificates: [certificateDER], clientKey: keyDER };
    await open({ secure }).ready;
    expect(server.connections[0]?.getPeerCertificate().subject.CN).toBe("sensor-1");
  });

  test("what was written before close arrives, and no callback follows", async () => {
    await serve();
    const arrived = new Promise<string>((resolve) => {
      server.onData = (bytes) => resolve(bytes.toString("hex"));
    });
    const { socket, ready } = open();
    await ready;
    socket.write(Uint8Array.of(0xe0, 0));
    socket.close();
    expect(await arrived).toBe("e000");
  });

  test("300 kB go out and come back through the small buffers of the chip", async () => {
    await serve();
    echo();
    const data = Buffer.from(Uint8Array.from({ length: 300_000 }, (_, index) => index % 251));
    let written = 0;
    const { receive } = open({
      onWritable(socket, count) {
        const piece = data.subarray(written, written + count);
        written += piece.length;
        if (piece.length > 0) socket.write(piece);
      },
    });
    expect(Buffer.compare(await receive(data.length), data)).toBe(0);
  });

  test("what was said to be writable stays so, in every turn until the bytes are on their way", async () => {
    await serve();
    echo();
    const { socket, receive, ready } = open();
    let writable = await ready;
    let written = 0;
    const write = (byteLength: number): void => {
      writable = socket.write(new Uint8Array(byteLength)) as number;
      written += byteLength;
    };
    // No acknowledgement gives room back.
    device.network.cut();
    for (const byteLength of [700, 1, 3_000]) write(byteLength);
    expect(writable).toBeGreaterThan(1_000);
    for (let turn = 0; turn < 40; turn++) {
      if (writable >= 4) write(4);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(written).toBeGreaterThan(3_701);
    device.network.restore();
    expect((await receive(written)).length).toBe(written);
  });

  test("while the interface is cut nothing arrives; all of it does when it is restored", async () => {
    await serve();
    echo();
    const { socket, receive, received, ready } = open();
    await ready;
    socket.write(Buffer.from("before "));
    await receive(7);
    device.network.cut();
    socket.write(Buffer.from("during "));
    socket.write(Buffer.from("the cut"));
    await new Promise((resolve) => device.clock.schedule(() => resolve(undefined), 20));
    expect(received().toString()).toBe("before ");
    device.network.restore();
    expect((await receive(21)).toString()).toBe("before during the cut");
  });

  test("the broker's close is an end without an error of TLS, after the last bytes", async () => {
    await serve();
    server.onData = (_bytes, connection) => connection.end("bye");
    const { socket, received, ended, ready } = open();
    await ready;
    socket.write(Uint8Array.of(1));
    expect(await ended).toBeUndefined();
    expect(received().toString()).toBe("bye");
  });
});

describe("a broker that cannot be trusted is refused, and told nothing", () => {
  interface Case {
    readonly name: string;
    readonly text: RegExp;
    readonly subject?: Partial<Subject>;
    readonly open?: () => OpenOptions;
    readonly serve?: TlsOptions;
  }
  const cases: readonly Case[] = [
    {
      name: "of another authority",
      text: /self-signed certificate in certificate chain/,
      open: () => ({ secure: { certificate: stranger.DER } }),
    },
    {
      name: "with another host name",
      text: /other\.test.*altnames: DNS:broker\.test/,
      open: () => ({ host: "other.test" }),
    },
    {
      name: "with an expired certificate",
      text: /certificate has expired/,
      subject: { notBefore: Date.now() - 3 * DAY, notAfter: Date.now() - DAY },
    },
    {
      name: "with a certificate that is not valid yet",
      text: /certificate is not yet valid/,
      subject: { notBefore: Date.now() + DAY },
    },
    {
      name: "that the device takes for expired, its date being past the certificate's",
      text: /certificate is valid from .* and the device's date is /,
      subject: { notAfter: Date.now() + 10 * DAY },
      open: () => ({ date: () => Date.now() + 20 * DAY }),
    },
    {
      name: "that speaks TLS 1.1 only",
      text: /protocol version|unsupported protocol/,
      serve: { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" },
    },
    {
      name: "that wants a certificate of the device, which has none",
      text: /handshake failure|certificate required|disconnected before secure/,
      serve: { requestCert: true, rejectUnauthorized: true },
    },
  ];

  test.each(cases.map((row) => [row.name, row] as const))("one %s", async (_name, row) => {
    const { text, subject, open: how, serve: options = {} } = row;
    const own = await authority.issue({ commonName: HOST, hosts: [HOST], ...subject });
    const mutual = options.requestCert ? { ca: authority.PEM } : {};
    await serve({ identity: own, ...mutual, ...options });
    const heard: Buffer[] = [];
    server.onData = (bytes) => heard.push(bytes);
    const settings = how?.() ?? {};
    const error = await open(settings).ended;
    expect(error).toMatchObject({ code: TLS_FAILED, family: PEER });
    expect(error?.message).toMatch(text);
    expect(heard).toEqual([]);
    expect(device.network.connectionCount).toBeLessThanOrEqual(1);
  });

  test("a device that does not know the time cannot judge any certificate, as on the board", async () => {
    await serve();
    expect(() => open({ date: () => 0 })).toThrow("date validation failed");
  });

  test("MQTTClient sends no CONNECT to it, and its connection is over", async () => {
    await serve();
    const heard: Buffer[] = [];
    server.onData = (bytes) => heard.push(bytes);
    device = new RealDevice();
    const error = await new Promise<MQTTError>((resolve) => {
      new MQTTClient({
        host: HOST,
        port: server.port,
        id: "sensor",
        dns: { io: Loopback },
        socket: {
          io: TLSTransport,
          TLS: { io: device.TLS },
          TCP: { io: device.TCP },
          secure: { certificate: stranger.DER },
        },
        onError: (reason) => resolve(reason),
      });
    });
    expect(error).toMatchObject({ code: TLS_FAILED, family: PEER });
    expect(error.message).toBe("TLS: self-signed certificate in certificate chain");
    expect(heard).toEqual([]);
  });
});

/** Every name is this machine. */
class Loopback {
  resolve({ host, onResolved }: { host: string; onResolved: (host: string, address: string) => void }): void {
    setImmediate(() => onResolved(host, "127.0.0.1"));
  }
}
