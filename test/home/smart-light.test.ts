import type Digital from "embedded:io/digital";
import type PWM from "embedded:io/pwm";
import Timer from "timer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import Button from "../../device/drivers/button/button";
import Lamp from "../../device/drivers/lamp/lamp";
import SmartLight, { type SmartLightOptions } from "../../device/home/smart-light";
import { Board } from "../../host-sim/board/board";
import { LampPart } from "../../host-sim/board/parts/lamp";
import { PushButtonPart } from "../../host-sim/board/parts/push-button";
import { createFakeClient, type FakeClientOptions } from "../support/fake-client";
import { clock } from "../support/timer";

const TOPIC = "home/light";
const COMMAND_TOPIC = "home/light/set";
const LOG_TOPIC = "home/smart-light/log";

let board: Board;
let lamp: LampPart;
let button: PushButtonPart;
let fake: FakeClientOptions;
let lights: SmartLight[];

beforeEach(() => {
  board = new Board({ clock });
  lamp = board.attach(new LampPart({ pin: 25 }));
  button = board.attach(new PushButtonPart({ pin: 0 }));
  fake = createFakeClient();
  lights = [];
});

afterEach(() => {
  for (const light of lights) light.close();
  expect(board.openInstances).toBe(0);
  board.detach(lamp);
  board.detach(button);
  expect(clock.pending).toBe(0);
});

function createLight(options: Partial<SmartLightOptions> = {}): SmartLight {
  const { io } = board.provider;
  const light = new SmartLight({
    id: "smart-light",
    client: fake.options,
    lamp: { io: Lamp, lamp: { io: io.PWM as unknown as typeof PWM, pin: 25, hz: 1_000 }, timer: Timer },
    button: { io: Button, button: { io: io.Digital as unknown as typeof Digital, pin: 0 }, timer: Timer },
    ...options,
  });
  lights.push(light);
  return light;
}

function createConnectedLight(): SmartLight {
  const light = createLight();
  fake.client.connect();
  return light;
}

function command(payload: string, retain = false): void {
  fake.client.message(COMMAND_TOPIC, payload, retain);
}

function duties(): number[] {
  return board.journal.entries({ device: "pwm", operation: "write" }).map((entry) => entry.value as number);
}

function log(): { level: string; code: number; message: string }[] {
  return fake.client.payloads(LOG_TOPIC).map((payload) => JSON.parse(payload));
}

describe("a light's state", () => {
  it("is published retained, QoS 1, after each connect, after subscribing and online", () => {
    createConnectedLight();
    const { calls, published } = fake.client;
    expect(calls.slice(0, 2)).toEqual([`subscribe ${COMMAND_TOPIC} 1`, "subscribe homeassistant/status 0"]);
    expect(published.map(({ topic }) => topic)).toEqual([
      "home/smart-light/status",
      "homeassistant/device/smart-light/config",
      TOPIC,
    ]);
    expect(fake.client.payloads(TOPIC)).toEqual(['{"state":"OFF","brightness":255}']);
    expect(fake.client.last(TOPIC)?.options).toMatchObject({ QoS: 1, retain: true });
    fake.client.disconnect();
    fake.client.connect();
    expect(fake.client.payloads(TOPIC)).toHaveLength(2);
  });

  it("lapses when it cannot be sent soon, since every connect publishes the newest", () => {
    createConnectedLight();
    expect(fake.client.last(TOPIC)?.options).toMatchObject({ delivery: 1, deadline: 10_000 });
  });
});

describe("a light command", () => {
  it("changes the lamp, then publishes the state that the lamp confirms", () => {
    createConnectedLight();
    const atPublish: number[] = [];
    const { publish } = fake.client;
    fake.client.publish = function (topic, payload, options) {
      atPublish.push(lamp.output);
      return publish.call(this, topic, payload, options);
    };
    command('{"state":"ON","brightness":128}');
    expect(fake.client.payloads(TOPIC).at(-1)).toBe('{"state":"ON","brightness":128}');
    expect(duties().at(-1)).toBe(Math.round((128 / 255) ** 2.2 * 1_023));
    expect(atPublish).toEqual([lamp.output]);
    expect(log()).toEqual([]);
  });

  it("without a brightness returns to the last one, at first to full", () => {
    createConnectedLight();
    command('{"state":"ON"}');
    expect(lamp.output).toBe(1);
    command('{"state":"ON","brightness":40}');
    command('{"state":"OFF"}');
    expect(lamp.output).toBe(0);
    command('{"state":"ON"}');
    expect(fake.client.payloads(TOPIC).slice(-4)).toEqual([
      '{"state":"ON","brightness":255}',
      '{"state":"ON","brightness":40}',
      '{"state":"OFF","brightness":40}',
      '{"state":"ON","brightness":40}',
    ]);
  });

  it("with brightness 0 switches on at the last brightness", () => {
    createConnectedLight();
    command('{"state":"ON","brightness":40}');
    command('{"state":"ON","brightness":0}');
    expect(fake.client.payloads(TOPIC).at(-1)).toBe('{"state":"ON","brightness":40}');
  });

  it("that says OFF with a brightness keeps that for the next ON", () => {
    createConnectedLight();
    command('{"state":"OFF","brightness":77}');
    expect(lamp.output).toBe(0);
    command('{"state":"ON"}');
    expect(fake.client.payloads(TOPIC).at(-1)).toBe('{"state":"ON","brightness":77}');
  });

  it("fades over its transition, and the state tells where it is going", () => {
    createConnectedLight();
    command('{"state":"ON","transition":2}');
    expect(fake.client.payloads(TOPIC).at(-1)).toBe('{"state":"ON","brightness":255}');
    clock.advance(1_900);
    expect(lamp.output).toBeGreaterThan(0);
    expect(lamp.output).toBeLessThan(1);
    clock.advance(100);
    expect(lamp.output).toBe(1);
  });

  it("is confirmed also when nothing changes", () => {
    createConnectedLight();
    command('{"state":"ON","brightness":9}');
    command('{"state":"ON","brightness":9}');
    expect(fake.client.payloads(TOPIC)).toHaveLength(3);
  });

  it("is taken on the room's topic where one is given", () => {
    createLight({ topic: "home/livingroom/light" });
    fake.client.connect();
    command('{"state":"ON"}');
    expect(lamp.output).toBe(0);
    fake.client.message("home/livingroom/light/set", '{"state":"ON"}');
    expect(lamp.output).toBe(1);
    expect(fake.client.payloads("home/livingroom/light")).toHaveLength(2);
  });
});

describe("a light command that is refused", () => {
  it.each([
    ['{"state":"BLINK"}', 'command refused: state "BLINK" is not "ON" or "OFF"'],
    ['{"state":"ON","brightness":300}', "command refused: brightness 300 is not an integer from 1 to 255"],
    ['{"state":"ON","brightness', 'command refused: the command "{"state":"ON","brightness" is not JSON'],
    ["TOGGLE", 'command refused: the command "TOGGLE" is not JSON'],
  ])("%s leaves the lamp as it was, publishes no state, and is reported", (payload, message) => {
    createConnectedLight();
    command('{"state":"ON","brightness":50}');
    const before = { duties: duties(), states: fake.client.payloads(TOPIC) };
    command(payload);
    expect({ duties: duties(), states: fake.client.payloads(TOPIC) }).toEqual(before);
    expect(log()).toEqual([{ level: "error", code: 410, message }]);
  });

  it("does not keep the next from working", () => {
    createConnectedLight();
    command("{");
    command('{"state":"ON"}');
    expect(lamp.output).toBe(1);
  });
});

describe("a retained light command", () => {
  it("is ignored at boot, and the sender is told why", () => {
    createConnectedLight();
    command('{"state":"ON"}', true);
    expect(lamp.output).toBe(0);
    expect(fake.client.payloads(TOPIC)).toHaveLength(1);
    expect(log()).toMatchObject([{ level: "warning", code: 411 }]);
  });

  it("can be cleared with an empty message, which is no command and no mistake", () => {
    createConnectedLight();
    command("");
    command("", true);
    expect(fake.client.payloads(TOPIC)).toHaveLength(1);
    expect(log()).toEqual([]);
  });
});

describe("the light's button", () => {
  it("toggles the lamp and publishes the state", () => {
    createConnectedLight();
    button.press();
    clock.advance(300);
    expect(lamp.output).toBe(1);
    button.press();
    clock.advance(300);
    expect(lamp.output).toBe(0);
    expect(fake.client.payloads(TOPIC).slice(1)).toEqual([
      '{"state":"ON","brightness":255}',
      '{"state":"OFF","brightness":255}',
    ]);
  });

  it("returns to the brightness of the last command", () => {
    createConnectedLight();
    command('{"state":"ON","brightness":60}');
    for (let press = 0; press < 2; press += 1) {
      button.press();
      clock.advance(300);
    }
    expect(fake.client.payloads(TOPIC).at(-1)).toBe('{"state":"ON","brightness":60}');
  });

  it("works while the broker is away", () => {
    createLight();
    button.press();
    clock.advance(300);
    expect(lamp.output).toBe(1);
    fake.client.connect();
    expect(fake.client.payloads(TOPIC).at(-1)).toBe('{"state":"ON","brightness":255}');
  });

  it("is not needed", () => {
    const { io } = board.provider;
    const light = new SmartLight({
      id: "smart-light",
      client: fake.options,
      lamp: { io: Lamp, lamp: { io: io.PWM as unknown as typeof PWM, pin: 25 }, timer: Timer },
    });
    lights.push(light);
    fake.client.connect();
    command('{"state":"ON"}');
    expect(lamp.output).toBe(1);
  });
});

describe("a light's close", () => {
  it("switches the lamp off, says offline, and ignores what still comes", () => {
    const light = createConnectedLight();
    command('{"state":"ON"}');
    fake.client.unsentAtFlush = undefined;
    let closed = false;
    light.close(() => {
      closed = true;
    });
    command('{"state":"ON"}');
    button.press();
    clock.advance(500);
    expect(lamp.output).toBe(0);
    fake.client.flushed(0);
    expect(closed).toBe(true);
    expect(fake.client.calls.at(-1)).toBe("close");
    expect(fake.client.payloads("home/smart-light/status")).toEqual(["online", "offline"]);
  });
});
