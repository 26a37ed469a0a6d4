import { type AddressInfo, createServer } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { EmbeddedBroker } from "../../host-sim/home/broker/broker";
import { PEERS, type Peer } from "../interop/matrix/peers";
import { freePort, Mosquitto, referees } from "../support/mosquitto";
import { BrowserPage, type Bundle, bundlePage, hasChromium } from "./chromium";

interface Broker {
  readonly port: number;
  readonly webSocketPort: number;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

async function startAedes(): Promise<Broker> {
  const [port, webSocketPort] = [await freePort(), await freePort()];
  const broker = new EmbeddedBroker({ port, webSocketPort });
  await broker.start();
  const stop = (): Promise<void> => broker.stop();
  return { port, webSocketPort, stop, restart: () => stop().then(() => broker.start()) };
}

async function startMosquitto(): Promise<Broker> {
  const broker = await Mosquitto.start({ listeners: { WebSocket: { protocol: "websockets" } } });
  return {
    port: broker.port,
    webSocketPort: broker.portOf("WebSocket"),
    stop: () => broker.stop(),
    restart: () => broker.kill().then(() => broker.restart()),
  };
}

const BROKERS: readonly { name: string; installed: boolean; start: () => Promise<Broker> }[] = [
  { name: "Aedes", installed: true, start: startAedes },
  { name: "mosquitto", installed: referees !== undefined, start: startMosquitto },
];

let bundle: Bundle;
beforeAll(async () => {
  bundle = await bundlePage();
});

test("the page is made of the device's own modules, and of nothing of Node or npm", () => {
  expect(bundle.inputs).toEqual(
    expect.arrayContaining(["device/client/mqtt-client.ts", "device/client/reliable-client.ts"]),
  );
  const others = bundle.inputs.filter((path) => !/^device\/(?:client|mqtt)\//.test(path));
  expect(others).toEqual(["test/browser/page.ts"]);
});

describe.skipIf(!hasChromium)("in headless Chromium", () => {
  let page: BrowserPage;
  beforeAll(async () => {
    page = await BrowserPage.open(bundle);
  });
  afterEach(async () => {
    await page.call("stop");
    expect(page.problems).toEqual([]);
  });
  afterAll(() => page?.close());

  describe.each(BROKERS.map((row) => [row.name, row] as const))("with %s", (_name, { installed, start }) => {
    let broker: Broker;
    let peer: Peer;
    beforeAll(async () => {
      if (!installed) return;
      broker = await start();
      peer = await PEERS[0]!.start("127.0.0.1", broker.port, 4);
    });
    afterAll(async () => {
      await peer?.stop();
      await broker?.stop();
    });

    test.skipIf(!installed)("a page publishes over WebSocket at QoS 0, 1 and 2", async () => {
      await peer.subscribe("browser/out/#", 2);
      await page.call("start", broker.webSocketPort, "browser/in/#");
      await page.call("until", "connects", 1);
      for (const QoS of [0, 1, 2] as const)
        await page.call("publish", "browser/out/a", `21.5 °C ${QoS}`, QoS);
      await page.call("until", "delivered", 3);
      const messages = await peer.messages("browser/out/a", 3);
      expect(messages.map(({ payload, QoS }) => [payload, QoS]).sort()).toEqual([
        ["21.5 °C 0", 0],
        ["21.5 °C 1", 1],
        ["21.5 °C 2", 2],
      ]);
    });

    test.skipIf(!installed)("a page receives over WebSocket at QoS 0, 1 and 2", async () => {
      // Before the page subscribes: while it does, a broker may rightly send the message both as new and as retained.
      await peer.publish("browser/in/retained", "kept", { QoS: 1, retain: true });
      await page.call("start", broker.webSocketPort, "browser/in/#");
      await page.call("until", "messages", 1);
      for (const QoS of [0, 1, 2] as const) await peer.publish("browser/in/b", `ON ${QoS}`, { QoS });
      const { messages } = await page.call("until", "messages", 4);
      expect(messages.slice(1)).toEqual(
        [0, 1, 2].map((QoS) => ({ topic: "browser/in/b", payload: `ON ${QoS}`, QoS, retain: false })),
      );
      await peer.publish("browser/in/retained", "", { QoS: 1, retain: true });
    });

    test.skipIf(!installed)("a page sends 1 MiB in pieces", async () => {
      await peer.subscribe("browser/large", 1);
      await page.call("publishLarge", broker.webSocketPort, "browser/large", 1_048_576);
      const [message] = await peer.messages("browser/large", 1);
      expect(message?.payload).toBe("x".repeat(1_048_576));
    });

    test.skipIf(!installed)("a page comes back by itself when the broker was away", async () => {
      await page.call("start", broker.webSocketPort, "browser/again/#");
      await page.call("until", "connects", 1);
      await peer.stop();
      await broker.restart();
      const { reconnects } = await page.call("until", "connects", 2);
      expect(reconnects).toBe(1);
      peer = await PEERS[0]!.start("127.0.0.1", broker.port, 4);
      await peer.publish("browser/again/x", "hello", { QoS: 1, retain: true });
      const { messages } = await page.call("until", "messages", 1);
      expect(messages[0]?.payload).toBe("hello");
    });
  });

  test("a port where nobody listens is an error that says so", async () => {
    const port = await freePort();
    expect(await page.call("failure", port)).toBe("MQTTError: the WebSocket was closed with code 1006");
  });

  test("a server that answers in text frames is refused [MQTT-6.0.0-1]", async () => {
    const server = new WebSocketServer({ port: 0, host: "127.0.0.1", handleProtocols: () => "mqtt" });
    const closed = new Promise<void>((resolve) => {
      server.on("connection", (socket) => {
        socket.on("message", () => socket.send("hello"));
        socket.on("close", () => resolve());
      });
    });
    await new Promise((resolve) => server.once("listening", resolve));
    expect(await page.call("failure", (server.address() as AddressInfo).port)).toBe(
      "MQTTError: the broker sent a text frame: MQTT is sent in binary frames [MQTT-6.0.0-1]",
    );
    await closed;
    server.close();
  });

  test("a server that is no WebSocket server is an error", async () => {
    const server = createServer((socket) =>
      socket.end("HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n"),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    expect(await page.call("failure", (server.address() as AddressInfo).port)).toBe(
      "MQTTError: the WebSocket was closed with code 1006",
    );
    server.close();
  });
});
