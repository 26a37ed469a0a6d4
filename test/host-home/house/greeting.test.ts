import { expect, test } from "vitest";
import { greeting, pahoScript } from "../../../host-sim/home/house/greeting";
import type { Household } from "../../../host-sim/home/household/household";

const devices = ["temperature-sensor", "smart-light", "security-camera"];

test("the first lines tell where the broker is and how to subscribe", () => {
  const text = greeting({
    broker: { host: "127.0.0.1", port: 1883 },
    webSocketURL: "ws://127.0.0.1:8083",
    devices,
  });
  expect(text.split("\n")).toMatchInlineSnapshot(`
    [
      "Thimble house: temperature-sensor, smart-light, security-camera",
      "Broker: mqtt://127.0.0.1:1883 and ws://127.0.0.1:8083",
      "The doors are not locked: whoever is on this machine may listen and command. thimble init makes locks.",
      "",
      "Listen from another terminal (Debian: mosquitto-clients):",
      "  mosquitto_sub -h 127.0.0.1 -p 1883 -v -t 'home/#' -T home/camera/image",
      "Switch the lamp:",
      "  mosquitto_pub -h 127.0.0.1 -p 1883 -t home/light/set -m '{"state":"ON","brightness":128}'",
      "Or in Python (Debian: python3-paho-mqtt):",
      "  import paho.mqtt.client as mqtt",
      "",
      "  def on_message(client, userdata, message):",
      "      print(message.topic, message.payload.decode(), flush=True)",
      "",
      "  client = mqtt.Client()",
      "  client.on_message = on_message",
      "  client.connect("127.0.0.1", 1883)",
      "  client.subscribe("home/temp")",
      "  client.publish("home/temp", "20.0")",
      "  client.loop_forever()",
      "",
      "Ctrl-C ends the house.",
    ]
  `);
});

test("a password is never printed", () => {
  const broker = { host: "broker.lan", port: 1884, user: "anna", password: "secret" };
  const text = greeting({ broker, devices });
  expect(text).toContain("mosquitto_sub -h broker.lan -p 1884 -u anna -P '***'");
  expect(text).toContain('client.username_pw_set("anna", "***")');
  expect(text).not.toContain("secret");
});

test("the Python script subscribes before it publishes, so that it hears itself", () => {
  const script = pahoScript({ host: "127.0.0.1", port: 1883 });
  expect(script.findIndex((line) => line.includes("subscribe("))).toBeLessThan(
    script.findIndex((line) => line.includes("publish(")),
  );
});

test("with a household it names the files of a member, and what they may do", () => {
  const household = {
    directory: ".thimble/household",
    people: ["anna"],
    pathsOf: (name: string) => ({
      authority: "authority.pem",
      certificate: `${name}.pem`,
      key: `${name}-key.pem`,
    }),
  } as unknown as Household;
  const text = greeting({ broker: { protocol: "mqtts", host: "localhost", port: 8883 }, devices, household });
  expect(text).toContain(
    "Broker: mqtts://localhost:8883\nThe doors are locked: it lets in the members of .thimble/household only.",
  );
  expect(text).toContain("-h localhost -p 8883 --cafile authority.pem --cert anna.pem --key anna-key.pem");
  expect(text).toContain('client.tls_set("authority.pem", "anna.pem", "anna-key.pem")');
  expect(text).not.toContain('publish("home/temp"');
});

test("of another broker's doors it says nothing", () => {
  expect(greeting({ broker: { host: "broker.lan", port: 1883 }, devices })).not.toContain("doors");
});
