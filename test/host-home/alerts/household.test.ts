import { chmod, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Alerts } from "../../../host-sim/home/alerts/alerts";
import type { Household } from "../../../host-sim/home/household/household";
import { lockedBrokers, makeHousehold, removeHousehold, Visitor } from "../../support/household";
import { PushService } from "./push-service";

let household: Household;
let push: PushService;
beforeAll(async () => {
  household = await makeHousehold();
  push = await PushService.start();
});
afterAll(async () => {
  await push.stop();
  await removeHousehold(household);
});

/** Resolves when alerts of these kinds have come. */
function until(...kinds: string[]): Promise<void> {
  return push.until((pushed) => kinds.every((kind) => pushed.some(({ payload }) => payload.kind === kind)));
}

describe.each(lockedBrokers.filter(({ installed }) => installed))(
  "in a household, with $name",
  ({ start }) => {
    test("the service comes in with its certificate, hears what it may, and signs with the household's key", async () => {
      const broker = await start(household);
      const directory = join(household.directory, "alerts");
      await mkdir(directory, { recursive: true, mode: 0o700 });
      await writeFile(join(directory, "rules.json"), '{"offline":{"after":"0s"},"motion":{"coolDown":"0s"}}');
      await chmod(join(directory, "rules.json"), 0o600);
      const alerts = new Alerts({
        broker: broker.address,
        credentials: household.credentialsOf("alerts"),
        directory,
        vapidKeys: household.vapidKeys,
        loopbackPush: true,
      });
      const camera = await Visitor.member(broker.address, household, "security-camera");
      try {
        await alerts.start();
        await alerts.routes.request("/api/subscriptions", {
          method: "POST",
          body: JSON.stringify(push.browser().subscription),
          headers: { "content-type": "application/json" },
        });
        push.pushed.length = 0;
        await camera.client.publishAsync("home/camera", '{"event_type":"motion","sequence":1}', { qos: 2 });
        await camera.client.publishAsync("home/security-camera/status", "offline", { qos: 1, retain: true });
        await until("motion", "offline");
        expect(push.pushed[0]!.headers.authorization).toContain(`k=${household.vapidKeys.publicKey}`);
        await camera.client.publishAsync("home/security-camera/status", "online", { qos: 1, retain: true });
        await until("online");
      } finally {
        await camera.leave();
        await alerts.stop();
        await broker.stop();
      }
    });
  },
);
