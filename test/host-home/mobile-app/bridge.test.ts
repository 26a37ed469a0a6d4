import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { generate, type IConnectPacket, parser } from "mqtt-packet";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { formatBrokerAddress } from "../../../host-sim/home/broker/broker-address";
import { PEERS } from "../../interop/matrix/peers";
import { TestApp } from "./support";

let house: TestApp | undefined;
let server: Server | undefined;
afterEach(async () => {
  await house?.stop();
  server?.close();
  house = undefined;
  server = undefined;
});

const CONNECT = generate({
  cmd: "connect",
  protocolId: "MQTT",
  protocolVersion: 4,
  clean: true,
  clientId: "app-guest-test",
  keepalive: 20,
} as IConnectPacket);

interface OpenOptions {
  readonly path?: string;
  readonly origin?: string;
  readonly cookie?: string;
  readonly protocol?: string;
}

function open(options: OpenOptions = {}): WebSocket {
  const { path = "/mqtt", origin = house!.url, cookie = "", protocol = "mqtt" } = options;
  const url = `${house!.url.replace("http", "ws")}${path}`;
  return new WebSocket(url, protocol === "" ? [] : [protocol], { origin, headers: { cookie } });
}

/** The status of an upgrade that is refused. */
async function refusal(socket: WebSocket): Promise<number | undefined> {
  const [error] = (await once(socket, "error")) as [Error];
  return Number(/(\d{3})$/.exec(error.message)?.[1]);
}

async function closed(socket: WebSocket): Promise<{ code: number; reason: string }> {
  const [code, reason] = (await once(socket, "close")) as [number, Buffer];
  return { code, reason: reason.toString() };
}

/** A broker that only takes connections. */
async function silentBroker(onConnection: (socket: Socket) => void): Promise<number> {
  server = createServer(onConnection);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("who is let in", () => {
  beforeEach(async () => {
    house = await TestApp.start();
  });

  test("a page of the house with a session, and nobody else", async () => {
    const cookie = await house!.guestCookie();
    const socket = open({ cookie });
    await once(socket, "open");
    expect(socket.protocol).toBe("mqtt");
    socket.close();
    expect(await refusal(open())).toBe(401);
    expect(await refusal(open({ cookie: `${cookie}x` }))).toBe(401);
    expect(await refusal(open({ cookie, origin: "https://evil.example" }))).toBe(403);
    expect(await refusal(open({ cookie, origin: house!.url.replace("http", "https") }))).toBe(403);
    expect(await refusal(open({ cookie, protocol: "" }))).toBe(400);
    expect(await refusal(open({ cookie, path: "/mqtt2" }))).toBe(404);
  });

  test("eight windows of one phone", async () => {
    const cookie = await house!.guestCookie();
    const sockets = Array.from({ length: 8 }, () => open({ cookie }));
    await Promise.all(sockets.map((socket) => once(socket, "open")));
    expect(await refusal(open({ cookie }))).toBe(429);
    sockets[0]!.close();
    await once(sockets[0]!, "close");
    const next = open({ cookie });
    await once(next, "open");
    for (const socket of [...sockets, next]) socket.terminate();
  });

  test("a phone in its own name only", async () => {
    const socket = open({ cookie: await house!.guestCookie() });
    await once(socket, "open");
    socket.send(Buffer.from(CONNECT).fill("smart-light234", CONNECT.length - 14));
    expect(await closed(socket)).toEqual({
      code: 1008,
      reason: "the Client Identifier does not begin with app-guest-",
    });
  });
});

test.each(["mqtt", "ws"] as const)("MQTT goes through it both ways, to a broker of %s", async (protocol) => {
  house = await TestApp.start({}, protocol);
  const { port } = house.broker.address;
  const peer = await PEERS[0]!.start("127.0.0.1", port, 4);
  await peer.subscribe("home/light/set", 1);
  const socket = open({ cookie: await house.guestCookie() });
  await once(socket, "open");
  const packets: string[] = [];
  const reader = parser();
  const published = new Promise<string>((resolve) => {
    reader.on("packet", (packet) => {
      packets.push(packet.cmd);
      if (packet.cmd === "publish") resolve(String(packet.payload));
    });
  });
  socket.on("message", (data: Buffer) => reader.parse(data));
  socket.send(CONNECT);
  socket.send(generate({ cmd: "subscribe", messageId: 1, subscriptions: [{ topic: "home/temp", qos: 1 }] }));
  socket.send(
    generate({
      cmd: "publish",
      topic: "home/light/set",
      payload: "ON",
      qos: 1,
      messageId: 2,
      dup: false,
      retain: false,
    }),
  );
  expect((await peer.messages("home/light/set", 1))[0]?.payload).toBe("ON");
  await peer.publish("home/temp", "21.5", { QoS: 1, retain: true });
  expect(await published).toBe("21.5");
  expect(packets.slice(0, 1)).toEqual(["connack"]);
  socket.close();
  await peer.stop();
});

test("signing out ends the connection at once", async () => {
  let gone: Promise<unknown> | undefined;
  const connected = new Promise<void>((resolve) => {
    void silentBroker((socket) => {
      socket.on("error", () => {});
      gone = once(socket, "close");
      socket.once("data", () => resolve());
    });
  });
  await once(server!, "listening");
  house = await TestApp.start({
    broker: { host: "127.0.0.1", port: (server!.address() as AddressInfo).port },
  });
  const cookie = await house.guestCookie();
  const socket = open({ cookie });
  await once(socket, "open");
  socket.send(CONNECT);
  await connected;
  const end = closed(socket);
  await house.fetch("/api/session", { method: "DELETE", headers: { cookie } });
  expect(await end).toEqual({ code: 4401, reason: "signed out" });
  await gone;
});

test("without a broker the phone is told to try again later", async () => {
  const port = await silentBroker(() => {});
  server!.close();
  house = await TestApp.start({ broker: { host: "127.0.0.1", port } });
  const socket = open({ cookie: await house.guestCookie() });
  expect(await closed(socket)).toEqual({ code: 1013, reason: "the broker cannot be reached" });
});

test("a phone that does not read makes the broker wait, and loses nothing", async () => {
  const size = 64 * 1_024 * 1_024;
  let written = 0;
  const port = await silentBroker((socket) => {
    const chunk = Buffer.alloc(65_536, 7);
    const fill = (): void => {
      while (written < size) {
        written += chunk.length;
        if (!socket.write(chunk)) break;
      }
    };
    socket.on("error", () => {});
    socket.once("data", fill);
    socket.on("drain", fill);
  });
  house = await TestApp.start({ broker: { host: "127.0.0.1", port } });
  const socket = open({ cookie: await house.guestCookie() });
  await once(socket, "open");
  socket.send(CONNECT);
  let received = 0;
  await new Promise<void>((resolve) => {
    socket.once("message", (data: Buffer) => {
      received += data.length;
      socket.pause();
      resolve();
    });
  });
  // The broker fills every buffer on the way, and then stands still.
  let before = -1;
  while (before !== written) {
    before = written;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  expect(written).toBeLessThan(size / 2);
  await new Promise<void>((resolve) => {
    socket.on("message", (data: Buffer) => {
      received += data.length;
      if (received === size) resolve();
    });
    socket.resume();
  });
  expect(received).toBe(size);
  socket.terminate();
});

test("the address of the broker never reaches the phone", async () => {
  house = await TestApp.start();
  const { port } = house.broker.address;
  const texts = await Promise.all(
    ["/", "/api/session"].map(async (path) => (await house!.fetch(path)).text()),
  );
  expect(texts.join()).not.toContain(formatBrokerAddress(house.broker.address));
  expect(texts.join()).not.toContain(String(port));
});
