import { afterEach, beforeAll, expect, test } from "vitest";
import { EmbeddedBroker } from "../../host-sim/home/broker/broker";
import { buildThimble, type Running, thimble } from "../support/thimble";

let running: Running | undefined;
beforeAll(buildThimble);
afterEach(() => running?.kill());

test("thimble app serves a home whose broker is elsewhere, until Ctrl-C", async () => {
  const broker = new EmbeddedBroker({ port: 0, webSocketPort: 0 });
  await broker.start();
  const url = `mqtt://127.0.0.1:${broker.address.port}`;
  running = thimble("app", "--broker", url, "--port", "0");
  await running.output((stdout) => stdout.includes("with the code"));
  const [, address] = /^App: (http:\/\/127\.0\.0\.1:\d+) for (\S+)$/m.exec(running.stdout) ?? [];
  expect(running.stdout).toContain(`for ${url}\nSign in as guest with the code `);
  const page = await fetch(`${address}/`);
  expect(page.status).toBe(200);
  expect(await page.text()).toContain("<title>Thimble</title>");
  running.process.kill("SIGINT");
  expect(await running.exit()).toBe(0);
  await broker.stop();
});

test.each([
  ["without a broker", ["app"], "required option '--broker <url>' not specified"],
  [
    "with a household that is not there",
    ["app", "--broker", "mqtts://localhost", "--household", "/nowhere"],
    "there is no household in /nowhere: make one with thimble init --household /nowhere",
  ],
])("%s it ends with 2 and says why", async (_what, words, message) => {
  running = thimble(...words);
  expect(await running.exit()).toBe(2);
  expect(running.stderr).toBe(`thimble: ${message}\n`);
});
