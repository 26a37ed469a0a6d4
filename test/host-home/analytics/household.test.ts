import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Analytics } from "../../../host-sim/home/analytics/analytics";
import type { Household } from "../../../host-sim/home/household/household";
import { UsageError } from "../../../host-sim/home/usage-error";
import { lockedBrokers, makeHousehold, removeHousehold, Visitor } from "../../support/household";

let household: Household;
let directory: string;
beforeAll(async () => {
  household = await makeHousehold();
  directory = await mkdtemp(join(tmpdir(), "thimble-analytics-"));
});
afterAll(async () => {
  await removeHousehold(household);
  await rm(directory, { recursive: true, force: true });
});

describe.each(lockedBrokers.filter(({ installed }) => installed))(
  "with $name of a household",
  ({ name, start }) => {
    it("the service reads temperatures with its certificate, and is not let in without", async () => {
      const broker = await start(household);
      const file = join(directory, `${name}.duckdb`);
      let stored: () => void = () => {};
      const reading = new Promise<void>((resolve) => {
        stored = resolve;
      });
      const analytics = new Analytics({
        broker: broker.address,
        credentials: household.credentialsOf("analytics"),
        file,
        onEvent: ({ event }) => event === "stored" && stored(),
      });
      await analytics.start();
      const sensor = await Visitor.member(broker.address, household, "temperature-sensor");
      await sensor.client.publishAsync("home/temp", "21.5", { qos: 1 });
      await reading;
      expect((await analytics.store?.counts())?.readings).toBe(1);
      await analytics.stop();

      const { authority } = household.credentialsOf("analytics");
      const stranger = new Analytics({
        broker: broker.address,
        credentials: { authority, certificate: "", key: "" },
        file,
      });
      await expect(stranger.start()).rejects.toThrow(UsageError);
      await sensor.client.endAsync(true);
      await broker.stop();
    });
  },
);
