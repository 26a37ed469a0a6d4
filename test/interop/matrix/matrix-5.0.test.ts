import { expect, test, vi } from "vitest";
import ReliableClient from "../../../device/client/reliable-client";
import { version5 } from "../../../device/client/version-5/version-5";
import { RealDevice } from "../../support/real-device";
import { matrix } from "./matrix";
import { BROKERS, DEVICE_ID, HOST } from "./matrix-brokers";

vi.mock("timer", () => import("../../support/real-timer"));

matrix({
  name: "5.0",
  version: 5,
  options: { protocol: version5 },
  sessionOptions: { properties: { sessionExpiryInterval: 60 } },
  brokers: ["mosquitto", "Aedes 2"],
});

test.each(["TCP", "WebSocket"] as const)(
  "asked for 5.0 over %s, Aedes 1.2 is spoken to in 3.1.1",
  async (way) => {
    const broker = await BROKERS.find(({ name }) => name === "Aedes 1.2")!.start();
    const device = new RealDevice();
    const delivered = new Promise<number>((resolve) => {
      const client: ReliableClient = new ReliableClient({
        host: HOST,
        id: DEVICE_ID,
        dns: device.dns,
        ...broker.way(way, device),
        protocol: version5,
        minimumDelay: 10,
        onConnect() {
          this.publish("home/temp", "21.5", { QoS: 1 });
        },
        onDelivered: () => {
          resolve(client.version);
          client.close();
        },
      });
    });
    expect(await delivered).toBe(4);
    device.close();
    await broker.stop();
  },
);
