import { readFileSync } from "node:fs";
import { request } from "node:https";
import { join } from "node:path";
import { connectAsync } from "mqtt";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Household } from "../../../host-sim/home/household/household";
import { MobileApp } from "../../../host-sim/home/mobile-app/mobile-app";
import { type LockedBroker, lockedBrokers, makeHousehold, removeHousehold } from "../../support/household";
import { makePage } from "./support";

let household: Household;
let app: MobileApp;
const page = makePage();
beforeAll(async () => {
  household = await makeHousehold({ people: ["anna", "ben"] });
});
afterAll(async () => {
  await removeHousehold(household);
  page.remove();
});

interface Answer {
  readonly status: number;
  readonly body: string;
  readonly cookie: string | undefined;
}

/** What a browser that trusts the household's authority is answered. */
function ask(method: string, path: string, body?: object): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { port } = new URL(app.address);
    const options = { host: "localhost", port, path, method, ca: household.authority };
    request(options, (response) => {
      let text = "";
      response.on("data", (chunk) => {
        text += String(chunk);
      });
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          body: text,
          cookie: response.headers["set-cookie"]?.[0],
        }),
      );
    })
      .on("error", reject)
      .end(body && JSON.stringify(body));
  });
}

function passwordOf(person: string): string {
  return readFileSync(join(household.directory, "passwords", person), "utf8").trim();
}

describe.each(lockedBrokers)("with a household and $name", ({ installed, start }) => {
  let broker: LockedBroker;
  beforeAll(async () => {
    if (!installed) return;
    broker = await start(household);
    app = new MobileApp({
      broker: broker.address,
      household,
      port: 0,
      host: "127.0.0.1",
      directory: page.directory,
    });
    await app.start();
  });
  afterAll(async () => {
    await app?.stop();
    await broker?.stop();
  });

  test.skipIf(!installed)("a member signs in over HTTPS, and the cookie stays there", async () => {
    expect(app.address).toMatch(/^https:/);
    expect(app.guestCode).toBeUndefined();
    const { status, body, cookie } = await ask("POST", "/api/session", {
      name: "anna",
      password: passwordOf("anna"),
    });
    expect([status, JSON.parse(body)]).toEqual([
      200,
      { member: "anna", locked: true, trends: false, alerts: false },
    ]);
    expect(cookie).toMatch(
      /^__Host-thimble-\d+=[\w-]{43}; Max-Age=\d+; Path=\/; HttpOnly; SameSite=Strict; Secure$/,
    );
  });

  test.skipIf(!installed)(
    "another's password, a device's and an unknown name's are refused alike",
    async () => {
      const attempts = [
        { name: "anna", password: passwordOf("ben") },
        { name: "smart-light", password: household.passwordOf("smart-light") },
        { name: "nobody", password: "x" },
      ];
      const answers = [];
      for (const attempt of attempts) answers.push(await ask("POST", "/api/session", attempt));
      expect(answers.map(({ status }) => status)).toEqual([401, 401, 401]);
      expect(new Set(answers.map(({ body }) => body)).size).toBe(1);
      await ask("POST", "/api/session", { name: "anna", password: passwordOf("anna") });
    },
  );

  test.skipIf(!installed)("to the broker a phone is the member, who is kept to the rules", async () => {
    const { cookie } = await ask("POST", "/api/session", { name: "anna", password: passwordOf("anna") });
    const client = await connectAsync(`${app.address.replace("https", "wss")}/mqtt`, {
      clientId: "app-anna-1",
      protocolVersion: 4,
      reconnectPeriod: 0,
      ca: household.authority,
      wsOptions: {
        ca: household.authority,
        origin: app.address,
        headers: { cookie: cookie!.split(";")[0]! },
      },
    });
    const heard: string[] = [];
    client.on("message", (topic) => heard.push(topic));
    await client.subscribeAsync("home/#", { qos: 1 });
    await client.publishAsync("home/light/set", "x", { qos: 1 });
    await expect.poll(() => heard).toEqual(["home/light/set"]);
    // A person reads the temperature and does not make it: one broker says nothing, the other shows the person out.
    await Promise.race([
      client.publishAsync("home/temp", "99.9", { qos: 1 }),
      new Promise<void>((resolve) => client.once("close", () => resolve())),
    ]);
    expect(heard).toEqual(["home/light/set"]);
    await client.endAsync(true);
  });
});
