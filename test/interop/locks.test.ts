import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { IClientOptions } from "mqtt";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { BrokerCredentials } from "../../host-sim/home/broker/broker-connection";
import type { Household } from "../../host-sim/home/household/household";
import { Authority, type Subject } from "../support/certificates";
import {
  type LockedBroker,
  lockedBrokers,
  makeHousehold,
  removeHousehold,
  Visitor,
} from "../support/household";

const DAY = 86_400_000;
/** What `mark` is published to: every reader of temperatures may hear it. */
const MARK = "home/attic/temp";

let household: Household;
let authority: Authority;
beforeAll(async () => {
  household = await makeHousehold({ people: ["anna"], devices: [{ id: "attic", topic: "home/attic/temp" }] });
  const file = (name: string): string => readFileSync(join(household.directory, "authority", name), "utf8");
  authority = await Authority.load(file("certificate.pem"), file("key.pem"));
});
afterAll(() => removeHousehold(household));

/** A certificate of the household's authority, or of another. */
async function credentials(subject: Subject, issuer: Authority = authority): Promise<BrokerCredentials> {
  const { chain, key } = await issuer.issue(subject);
  return { authority: household.authority, certificate: chain, key };
}

describe.each(lockedBrokers)("the doors of $name", ({ installed, start }) => {
  let broker: LockedBroker;
  const inside: Visitor[] = [];
  beforeAll(async () => {
    if (installed) broker = await start(household);
  });
  afterAll(() => broker?.stop());
  afterEach(async () => {
    await Promise.all(inside.splice(0).map((visitor) => visitor.leave()));
  });

  async function member(name: string, options: IClientOptions = {}): Promise<Visitor> {
    const visitor = await Visitor.member(broker.address, household, name, options);
    inside.push(visitor);
    return visitor;
  }

  /** What a stranger hears instead of CONNACK. */
  async function knock(
    own: BrokerCredentials | undefined,
    options: IClientOptions = {},
    address = broker.address,
  ): Promise<string | undefined> {
    const visitor = new Visitor(address, own, options);
    inside.push(visitor);
    return await visitor.answer;
  }

  /** Publishes; a broker may refuse by closing the connection instead [MQTT-3.3.5-2]. */
  async function publish(visitor: Visitor, topic: string, payload: string): Promise<void> {
    const gone = new Promise<void>((resolve) => visitor.client.once("close", () => resolve()));
    await Promise.race([visitor.client.publishAsync(topic, payload, { qos: 1 }).catch(() => {}), gone]);
  }

  /** Subscribes; mosquitto grants it in any case, and sends nothing. */
  async function subscribe(visitor: Visitor, topicFilter: string): Promise<void> {
    await visitor.client.subscribeAsync(topicFilter, { qos: 1 }).catch(() => {});
  }

  /** Everything that was sent before has come when this has: what did not come is not coming. */
  async function mark(watcher: Visitor): Promise<void> {
    const attic = await member("attic");
    const payload = `mark ${Math.random()}`;
    await attic.client.publishAsync(MARK, payload, { qos: 1 });
    await expect.poll(() => watcher.heard.map((message) => message.payload)).toContain(payload);
  }

  async function eavesdropper(name: string, topicFilter: string): Promise<Visitor> {
    const visitor = await member(name);
    await subscribe(visitor, topicFilter);
    return visitor;
  }

  function heardTopics(visitor: Visitor): string[] {
    return [...new Set(visitor.heard.map(({ topic }) => topic))];
  }

  describe.skipIf(!installed)("open to members", () => {
    test("a device publishes its own topics, and a person hears of it and commands", async () => {
      const anna = await eavesdropper("anna", "home/#");
      const light = await eavesdropper("smart-light", "home/light/set");
      const sensor = await member("temperature-sensor");
      await sensor.client.publishAsync("home/temp", "21.5", { qos: 1 });
      await sensor.client.publishAsync("home/temperature-sensor/status", "online", { qos: 1 });
      await anna.client.publishAsync("home/light/set", '{"state":"ON"}', { qos: 1 });
      await expect.poll(() => light.heard).toEqual([{ topic: "home/light/set", payload: '{"state":"ON"}' }]);
      await expect
        .poll(() => heardTopics(anna).sort())
        .toEqual(["home/light/set", "home/temp", "home/temperature-sensor/status"]);
    });

    test("a device in a room of its own publishes there", async () => {
      const watcher = await eavesdropper("watcher", "home/#");
      const attic = await member("attic");
      await attic.client.publishAsync("home/attic/temp", "9.5", { qos: 1 });
      await expect.poll(() => watcher.heard).toContainEqual({ topic: "home/attic/temp", payload: "9.5" });
    });

    test("analytics reads temperatures, alerts the camera's events and who is offline", async () => {
      const analytics = await eavesdropper("analytics", "home/temp");
      const alerts = await eavesdropper("alerts", "home/camera");
      await subscribe(alerts, "home/+/status");
      const sensor = await member("temperature-sensor");
      const camera = await member("security-camera");
      await sensor.client.publishAsync("home/temp", "20.0", { qos: 1 });
      await camera.client.publishAsync("home/camera", "{}", { qos: 2 });
      await camera.client.publishAsync("home/security-camera/status", "offline", { qos: 1 });
      await expect.poll(() => heardTopics(analytics)).toEqual(["home/temp"]);
      await expect
        .poll(() => heardTopics(alerts).sort())
        .toEqual(["home/camera", "home/security-camera/status"]);
    });

    test("what has no certificate comes in with its own password, on the other port", async () => {
      const password = household.passwordOf("home-assistant");
      const visitor = await Visitor.enter(
        broker.passwordAddress,
        { ...(await credentials({ commonName: "unused" })) },
        { username: "home-assistant", password, clientId: "ha" },
      );
      inside.push(visitor);
      const anna = await eavesdropper("anna", "home/#");
      await visitor.client.publishAsync("home/light/set", "{}", { qos: 1 });
      await expect.poll(() => heardTopics(anna)).toEqual(["home/light/set"]);
    });

    test("so does a person, with the password that init has noted", async () => {
      const password = readFileSync(join(household.directory, "passwords", "anna"), "utf8").trimEnd();
      const trust = await credentials({ commonName: "unused" });
      expect(
        await knock(trust, { username: "anna", password, clientId: "phone" }, broker.passwordAddress),
      ).toBe(undefined);
    });
  });

  describe.skipIf(!installed)("locked within: each forbidden thing", () => {
    test.each([
      ["a device's publishing to another's state", "temperature-sensor", "home/light"],
      ["a device's publishing to another's status", "temperature-sensor", "home/smart-light/status"],
      [
        "a device's publishing another's discovery",
        "temperature-sensor",
        "homeassistant/device/smart-light/config",
      ],
      ["a device's commanding of another", "security-camera", "home/light/set"],
      ["a device's commanding of itself", "smart-light", "home/light/set"],
      ["a device's publishing to the topic of one of its kind", "attic", "home/temp"],
      ["analytics' publishing of a reading", "analytics", "home/temp"],
      ["a person's publishing of a reading", "anna", "home/temp"],
      ["a person's posing as Home Assistant", "anna", "homeassistant/status"],
    ])("%s reaches nobody", async (_name, who, topic) => {
      const watcher = await eavesdropper("watcher", "home/#");
      const homeAssistant = await eavesdropper("home-assistant", "homeassistant/#");
      const intruder = await member(who);
      await publish(intruder, topic, "forged");
      await mark(watcher);
      expect(
        [...watcher.heard, ...homeAssistant.heard].filter(({ payload }) => payload === "forged"),
      ).toEqual([]);
    });

    test("a device's will on another's status reaches nobody", async () => {
      const watcher = await eavesdropper("watcher", "home/#");
      const will = {
        topic: "home/smart-light/status",
        payload: Buffer.from("offline"),
        qos: 1,
        retain: true,
      } as const;
      const intruder = new Visitor(broker.address, household.credentialsOf("attic"), {
        clientId: "attic",
        will,
      });
      await intruder.answer;
      intruder.client.stream.destroy();
      await intruder.leave();
      await mark(watcher);
      expect(heardTopics(watcher)).toEqual([MARK]);
    });

    test.each([
      ["a device reads another's state", "smart-light", "home/temp"],
      ["a device reads another's commands", "temperature-sensor", "home/light/set"],
      ["a device reads everything", "temperature-sensor", "#"],
      ["analytics reads the camera's events", "analytics", "home/camera"],
      ["analytics reads the camera's pictures", "analytics", "home/camera/image"],
      ["analytics reads everything", "analytics", "home/#"],
      ["the alert service reads the camera's pictures", "alerts", "home/camera/image"],
      ["the alert service reads the lamp's commands", "alerts", "home/light/set"],
    ])("%s, and hears nothing that it must not", async (_name, who, topicFilter) => {
      const watcher = await eavesdropper("watcher", "home/#");
      const spy = await eavesdropper(who, topicFilter);
      const camera = await member("security-camera");
      const anna = await member("anna");
      const sensor = who === "temperature-sensor" ? spy : await member("temperature-sensor");
      await sensor.client.publishAsync("home/temp", "20.0", { qos: 1 });
      await camera.client.publishAsync("home/camera", "{}", { qos: 2 });
      await camera.client.publishAsync("home/camera/image", "picture", { qos: 1 });
      await anna.client.publishAsync("home/light/set", "{}", { qos: 1 });
      await mark(watcher);
      const published = ["home/camera", "home/camera/image", "home/light/set", "home/temp", MARK];
      expect(heardTopics(watcher).sort()).toEqual(published.sort());
      const allowed = who === "analytics" ? ["home/temp", MARK] : [];
      expect(heardTopics(spy).filter((topic) => !allowed.includes(topic))).toEqual([]);
    });

    test("a retained message is no way round", async () => {
      const light = await member("smart-light");
      await light.client.publishAsync("home/light", "{}", { qos: 1, retain: true });
      const spy = await eavesdropper("analytics", "home/light");
      const watcher = await eavesdropper("watcher", "home/#");
      await mark(watcher);
      expect(heardTopics(spy)).not.toContain("home/light");
      await light.client.publishAsync("home/light", "", { qos: 1, retain: true });
    });
  });

  describe.skipIf(!installed)("closed to strangers", () => {
    test("an anonymous client is refused where a certificate is asked for", async () => {
      const { authority: ca } = await credentials({ commonName: "unused" });
      expect(await knock(undefined, { ca, clientId: "anna" })).toMatch(
        /handshake failure|certificate required/,
      );
    });

    test("an anonymous client is refused where a password is asked for", async () => {
      const { authority: ca } = await credentials({ commonName: "unused" });
      expect(await knock(undefined, { ca }, broker.passwordAddress)).toMatch(/Not authorized|Bad username/);
    });

    test.each([
      ["a wrong password", "temperature-sensor", "guess"],
      ["the password of another", "temperature-sensor", undefined],
      ["a name that nobody has", "nobody", undefined],
      ["a person's name and a device's password", "anna", undefined],
    ])("%s is refused", async (_name, username, guess) => {
      const { authority: ca } = await credentials({ commonName: "unused" });
      const password = guess ?? household.passwordOf("smart-light");
      expect(await knock(undefined, { ca, username, password }, broker.passwordAddress)).toMatch(
        /Not authorized|Bad username/,
      );
    });

    test("an unknown certificate, which signed itself, is refused", async () => {
      const self = await Authority.create("temperature-sensor");
      const own = { authority: household.authority, certificate: self.PEM, key: self.key };
      expect(await knock(own, { clientId: "temperature-sensor" })).toMatch(/unknown ca|closed|ECONNRESET/);
    });

    test("the certificate of a wrong authority is refused, whatever name it has", async () => {
      const stranger = await Authority.create(`Thimble household`);
      const own = await credentials({ commonName: "temperature-sensor" }, stranger);
      expect(await knock(own, { clientId: "temperature-sensor" })).toMatch(/unknown ca|closed|ECONNRESET/);
    });

    test("an expired certificate is refused", async () => {
      const now = Date.now();
      const own = await credentials({
        commonName: "temperature-sensor",
        notBefore: now - 3 * DAY,
        notAfter: now - DAY,
      });
      expect(await knock(own, { clientId: "temperature-sensor" })).toMatch(/expired|closed|ECONNRESET/);
    });

    test("a certificate that is not valid yet is refused", async () => {
      const own = await credentials({ commonName: "temperature-sensor", notBefore: Date.now() + DAY });
      expect(await knock(own, { clientId: "temperature-sensor" })).toMatch(/certificate|closed|ECONNRESET/);
    });

    test("the server's own certificate is no client's", async () => {
      const { certificate, key } = household.serverCredentials;
      expect(await knock({ authority: household.authority, certificate, key })).toMatch(
        /certificate|closed|ECONNRESET/,
      );
    });

    test("a member who has left may do nothing, though the certificate is good", async () => {
      const own = await credentials({ commonName: "former-device" });
      const watcher = await eavesdropper("watcher", "home/#");
      const former = new Visitor(broker.address, own, { clientId: "former-device" });
      inside.push(former);
      if ((await former.answer) === undefined) {
        await subscribe(former, "home/#");
        await publish(former, "home/former-device/status", "online");
      }
      await mark(watcher);
      expect(heardTopics(watcher)).toEqual([MARK]);
      expect(former.heard).toEqual([]);
    });

    test("a broker that is not the household's is told nothing by its members", async () => {
      const stranger = await Authority.create("Somebody else");
      const own = { ...household.credentialsOf("analytics"), authority: stranger.PEM };
      expect(await knock(own)).toMatch(/self-signed certificate|unable to verify/);
    });

    test("TLS 1.1 is not spoken", async () => {
      const own = household.credentialsOf("analytics");
      const old = { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: "DEFAULT@SECLEVEL=0" } as const;
      expect(await knock(own, old as IClientOptions)).toMatch(/protocol|closed|ECONNRESET/);
    });
  });
});

describe("the embedded broker, in addition", () => {
  let broker: LockedBroker;
  const inside: Visitor[] = [];
  beforeAll(async () => {
    broker = await lockedBrokers[0]!.start(household);
  });
  afterAll(() => broker.stop());
  afterEach(async () => {
    await Promise.all(inside.splice(0).map((visitor) => visitor.leave()));
  });

  test.each([
    ["a device cannot take the session of another", "temperature-sensor", "smart-light"],
    ["a device cannot come under any other Client Identifier", "temperature-sensor", "someone"],
    ["a person cannot take the session of a device", "anna", "smart-light"],
  ])("%s", async (_name, who, clientId) => {
    const visitor = new Visitor(broker.address, household.credentialsOf(who), { clientId });
    inside.push(visitor);
    expect(await visitor.answer).toMatch(/Identifier rejected/);
  });

  test("a person comes from several phones at a time", async () => {
    for (const clientId of ["phone", "tablet"])
      inside.push(await Visitor.enter(broker.address, household.credentialsOf("anna"), { clientId }));
    expect(inside.map(({ client }) => client.connected)).toEqual([true, true]);
  });

  test("a subscription that would bring what is forbidden is refused, not only left empty", async () => {
    const visitor = await Visitor.member(broker.address, household, "analytics");
    inside.push(visitor);
    await expect(visitor.client.subscribeAsync("home/camera", { qos: 1 })).rejects.toThrow();
  });
});
