// kill -9 of `thimble alerts` under motion events, for as long as wanted:
//   npm run soak:alerts -- [--seconds 60] [--rate 500] [--kills 12] [--seed 1]
// Exit code 1 when an alert is missing or doubled.
import { parseArgs } from "node:util";
import { seededRandom } from "../../host-sim/home/house/random";
import { flood } from "../host-home/alerts/flood";
import { buildThimble } from "../support/thimble";

const { values } = parseArgs({
  options: {
    seconds: { type: "string", default: "60" },
    rate: { type: "string", default: "500" },
    kills: { type: "string", default: "12" },
    seed: { type: "string", default: "1" },
  },
});
const [seconds, rate, kills, seed] = [values.seconds, values.rate, values.kills, values.seed].map(Number) as [
  number,
  number,
  number,
  number,
];

await buildThimble();
const result = await flood({
  rate,
  duration: seconds * 1_000,
  kills,
  random: seededRandom(seed, "kills"),
  onProgress: (text) => process.stdout.write(`${text}\n`),
});
const { published, missing, doubled, shown, repeated, repeatedUnmarked, errors, took, tail } = result;
const perSecond = (published / took) * 1_000;
const faults = missing.length + doubled.length + repeatedUnmarked + errors.length;
process.stdout.write(
  [
    `seed ${seed}: ${published} motion events in ${(took / 1_000).toFixed(1)} s (${perSecond.toFixed(0)}/s), ${kills} times kill -9`,
    `missing ${missing.length}, doubled ${doubled.length}, notifications ${shown}`,
    `POSTs repeated with the same id ${repeated}, of these not marked as another try ${repeatedUnmarked}`,
    `wrong in the eyes of the push service ${errors.length}`,
    `the last push message came ${(tail / 1_000).toFixed(1)} s after the last event`,
    ...[
      ...missing.map((one) => `missing: ${one}`),
      ...doubled.map((one) => `doubled: ${one}`),
      ...errors,
    ].slice(0, 20),
  ].join("\n"),
);
process.stdout.write("\n");
process.exitCode = faults === 0 ? 0 : 1;
