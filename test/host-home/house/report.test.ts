import { generate } from "mqtt-packet";
import { expect, test } from "vitest";
import { createReport } from "../../../host-sim/home/house/report";
import { DeliveryLedger } from "../../../host-sim/home/observer/delivery-ledger";
import { Watcher } from "../../../host-sim/home/observer/watcher";
import { WireObserver } from "../../../host-sim/home/observer/wire-observer";

test("a report has the counts of wire, subscriber and ledger, topics in order", () => {
  const ledger = new DeliveryLedger();
  const observer = new WireObserver({
    device: "smart-light",
    onPublication: (publication) => ledger.published(publication),
    onAcknowledged: (publication) => ledger.acknowledged(publication),
  });
  observer.read(generate({ cmd: "connack", returnCode: 0, sessionPresent: false }), 1);
  const topics = ["home/smart-light/status", "home/light", "home/light"];
  for (const [index, topic] of topics.entries()) {
    const messageId = index + 1;
    observer.wrote(
      generate({ cmd: "publish", topic, payload: `${index}`, qos: 1, dup: false, retain: true, messageId }),
      1,
    );
  }
  observer.read(generate({ cmd: "puback", messageId: 2 }), 1);
  observer.read(generate({ cmd: "connack", returnCode: 0, sessionPresent: true }), 2);
  const watcher = new Watcher({ broker: { host: "h", port: 1 }, id: "w", onMessage: () => true });
  watcher.received.set("home/light", 1);
  watcher.received.set("home/camera", 2);

  const report = createReport({
    broker: "mqtt://h:1",
    durationMs: 9_999.6,
    devices: [{ id: "smart-light", observer, errors: ["410: refused"] }],
    watcher,
    ledger,
  });

  expect(JSON.stringify(report, undefined, 1)).toBe(
    JSON.stringify(
      {
        broker: "mqtt://h:1",
        durationMs: 10_000,
        devices: [
          {
            id: "smart-light",
            published: { "home/light": 2, "home/smart-light/status": 1 },
            acknowledged: { "home/light": 1 },
            reconnects: 1,
            errors: ["410: refused"],
          },
        ],
        received: { "home/camera": 2, "home/light": 1 },
        lost: 1,
      },
      undefined,
      1,
    ),
  );
});
