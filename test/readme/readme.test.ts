import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { Board } from "../../host-sim/board/board";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { DeviceProcess } from "../../host-sim/device-process";
import type { DeviceException } from "../../host-sim/embedded/device-exception";
import { compileFirmware } from "../../host-sim/firmware";
import { parseRules } from "../../host-sim/home/alerts/rules";
import { parseScenario } from "../../host-sim/home/house/scenario";
import { readManifest } from "../../host-sim/manifest/manifest";
import { Link } from "../../host-sim/network/link";
import { NetworkInterface } from "../../host-sim/network/network-interface";
import { PeerBroker } from "../apps/firmware-bench";
import { referees } from "../support/mosquitto";
import { buildThimble, ROOT, Running, thimble } from "../support/thimble";
import { README, snippets, snippetWith } from "./snippets";

const scripts = (
  JSON.parse(readFileSync(`${ROOT}package.json`, "utf8")) as { scripts: Record<string, string> }
).scripts;

/** A snippet as the `main` of a firmware: its imports first, the rest as what the board calls. */
function asMain(text: string): string {
  const lines = text.split("\n");
  const imports = lines.filter((line) => line.startsWith("import "));
  const body = lines.filter((line) => !line.startsWith("import "));
  return `${imports.join("\n")}\nexport default function () {\n${body.join("\n")}\n}\n`;
}

describe("README.md", () => {
  it("begins with the two commands, whose scripts exist", () => {
    expect(snippets[0]?.text).toMatch(/^npm ci && npm start\b.*\nnpm ci && npm test\b/);
    expect(Object.keys(scripts)).toEqual(expect.arrayContaining(["start", "test", "check"]));
  });

  it("has no block that no test here runs", () => {
    const tested = [
      /^npm ci/,
      /^mosquitto_sub/,
      /^import TCP/,
      /temperature 25\.5/,
      /^cd manifests\//,
      /^ Temperature Sensor/,
      // A picture that test/bench/http holds against its figures.
      /^xychart-beta/,
      /"quietHours"/,
    ];
    expect(snippets.filter(({ text }) => !tested.some((pattern) => pattern.test(text)))).toEqual([]);
  });

  it("shows rules that the alert service takes", () => {
    const rules = parseRules(JSON.parse(snippetWith("json", "quietHours").text), "README.md");
    expect(rules).toMatchObject({ timeZone: "Europe/Berlin", motion: { coolDown: 60_000 } });
  });

  it("shows a client that publishes a reading and closes when it is acknowledged", async () => {
    const directory = await mkdtemp(join(tmpdir(), "thimble-readme-"));
    try {
      const main = join(directory, "main.ts");
      await writeFile(main, asMain(snippetWith("ts", "new MQTTClient").text));
      const { modules } = readManifest(`${ROOT}manifests/thermometer/manifest.json`, {
        platform: "esp32/esp32_thing",
      });
      const firmware = await compileFirmware({
        name: "readme",
        main: "main",
        files: new Map([...modules, ["main", main]]),
      });
      const clock = new VirtualClock();
      const link = new Link({ clock, latency: 2 });
      const broker = new PeerBroker();
      link.listen(1883, (peer) => broker.accept(peer));
      const exceptions: DeviceException[] = [];
      const traces: string[] = [];
      const device = new DeviceProcess({
        firmware,
        board: new Board({ clock }),
        network: new NetworkInterface({ clock, network: link }),
        clock,
        onTrace: (text) => traces.push(text),
        onException: (exception) => exceptions.push(exception),
      });
      await device.start();
      clock.advance(5_000);
      expect(exceptions).toEqual([]);
      expect(broker.packets[0]).toMatchObject({ cmd: "connect", clientId: "readme" });
      expect(broker.lines()).toEqual(["connect", "publish home/temp 1"]);
      expect(traces).toEqual(["the broker has message 1\n"]);
      expect(broker.peer?.finished).toBe(true);
      device.kill();
      expect(clock.pending).toBe(0);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  });

  it("shows a scenario that the house understands", () => {
    const steps = parseScenario(snippetWith("", "temperature 25.5").text, "README.md", [
      "temperature-sensor",
    ]);
    expect(steps.map(({ time }) => time)).toEqual([2_000, 3_000, 4_000, 5_000, 8_000]);
  });

  it("flashes a manifest that is there, with settings that the firmware reads", () => {
    const { text } = snippetWith("", "mcconfig");
    expect(existsSync(`${ROOT}${text.match(/^cd (\S+)$/m)?.[1]}/manifest.json`)).toBe(true);
    const settings = readFileSync(`${ROOT}device/apps/application.ts`, "utf8");
    const names = [...text.matchAll(/ (\w+)=/g)].map((match) => match[1]);
    expect(names).toEqual(["ssid", "wifiPassword", "broker"]);
    for (const name of names) expect(settings).toContain(`"${name}"`);
  });

  describe("about the command", () => {
    beforeAll(buildThimble);

    it("lists exactly the options that the house has", async () => {
      const help = thimble("house", "--help");
      await help.exit();
      const options = [...help.stdout.matchAll(/^ {2}(?:-h, )?--([\w-]+)/gm)].map((match) => match[1]);
      const table = [...README.matchAll(/^\| `--([\w-]+)/gm)].map((match) => match[1]);
      expect(new Set(table)).toEqual(new Set(options.filter((name) => name !== "help")));
    });

    it.skipIf(!referees)(
      "switches the lamp and listens with the lines it gives",
      { timeout: 60_000 },
      async () => {
        const { text } = snippetWith("sh", "mosquitto_sub");
        const house = thimble("house", "--port", "0", "--json");
        try {
          await house.output((stdout) => stdout.includes('"started"'));
          const port = house.stdout.match(/mqtt:\/\/127\.0\.0\.1:(\d+)/)?.[1];
          const [subscribe, publish] = text.trim().replaceAll("-p 1883", `-p ${port}`).split("\n");
          const listener = new Running("sh", ["-c", `exec ${subscribe} -T home/camera/image`]);
          await listener.output((stdout) => /^home\/light \{"state":"O/m.test(stdout));
          const sent = new Running("sh", ["-c", `exec ${publish}`]);
          expect(await sent.exit()).toBe(0);
          await listener.output((stdout) => /^home\/light \{"state":"ON","brightness":128\}$/m.test(stdout));
          await listener.kill();
        } finally {
          await house.kill("SIGTERM");
        }
        expect(await house.exit()).toBe(0);
      },
    );
  });
});
