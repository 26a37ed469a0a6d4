import { beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../../host-sim/home/house/random";
import { referees } from "../../support/mosquitto";
import { buildThimble } from "../../support/thimble";
import { flood } from "./flood";

/** POSTs that are under way to one browser at a time, see host-sim/home/alerts/dispatcher.ts. */
const PARALLEL = 16;

beforeAll(buildThimble);

// The long run is `npm run soak:alerts`.
describe.skipIf(!referees)("kill -9 of thimble alerts under 500 motion events a second", () => {
  test("no alert is missing and none is doubled", async () => {
    const result = await flood({
      rate: 500,
      duration: 2_000,
      kills: 2,
      secure: true,
      random: seededRandom(1, "kills"),
    });
    expect(result).toMatchObject({ published: 1_000, missing: [], doubled: [], shown: 1_000, errors: [] });
    // A kill between a POST and its note is the only reason for another POST; the phone puts it in the place of the first.
    expect(result.repeated).toBeLessThanOrEqual(result.kills * PARALLEL);
    expect(result.repeatedUnmarked).toBe(0);
  }, 60_000);
});
