import { expect, test } from "vitest";
import { describeStep, parseScenario } from "../../../host-sim/home/house/scenario";
import { UsageError } from "../../../host-sim/home/usage-error";

const deviceIds = ["temperature-sensor", "smart-light"];
const parse = (text: string) => parseScenario(text, "evening.txt", deviceIds);

test("steps are read one a line, comments and empty lines ignored", () => {
  const steps = parse(
    "# an evening\n\n2s temperature 25.5\n3s motion   # the cat\n4s\tbutton\r\n5s cut temperature-sensor\n1m restore temperature-sensor\n",
  );
  expect(steps).toEqual([
    { time: 2_000, line: 3, action: "temperature", celsius: 25.5 },
    { time: 3_000, line: 4, action: "motion" },
    { time: 4_000, line: 5, action: "button" },
    { time: 5_000, line: 6, action: "cut", device: "temperature-sensor" },
    { time: 60_000, line: 7, action: "restore", device: "temperature-sensor" },
  ]);
});

test("steps are put in time order, those of one time stay in the order of the file", () => {
  const steps = parse("2s motion\n500ms button\n2s button\n0s temperature -5\n");
  expect(steps.map((step) => step.line)).toEqual([4, 2, 1, 3]);
});

test("a step is described in the words of its file", () => {
  const text =
    "0s temperature 25.5\n1s motion\n2s button\n3s cut smart-light\n4s restore smart-light\n5s crash smart-light heap";
  expect(parse(text).map(describeStep)).toEqual([
    "temperature 25.5",
    "motion",
    "button",
    "cut smart-light",
    "restore smart-light",
    "crash smart-light heap",
  ]);
});

test.each([
  ["2 motion", 'evening.txt:1: "2" is not a time: write 500ms, 10s, 2m or 24h'],
  ["\n\nsoon motion", 'evening.txt:3: "soon" is not a time: write 500ms, 10s, 2m or 24h'],
  [
    "2s",
    "evening.txt:1: no step after the time: write one of temperature, motion, button, cut, restore, crash",
  ],
  [
    "2s explode",
    'evening.txt:1: unknown step "explode": write one of temperature, motion, button, cut, restore, crash',
  ],
  [
    "2s constructor",
    'evening.txt:1: unknown step "constructor": write one of temperature, motion, button, cut, restore, crash',
  ],
  ["2s motion twice", 'evening.txt:1: "motion" takes nothing, not "twice"'],
  ["2s temperature warm", 'evening.txt:1: "temperature" takes one number of °C from -55 to 150, not "warm"'],
  ["2s temperature", 'evening.txt:1: "temperature" takes one number of °C from -55 to 150, not ""'],
  ["2s temperature 151", 'evening.txt:1: "temperature" takes one number of °C from -55 to 150, not "151"'],
  ["2s cut fridge", 'evening.txt:1: "cut" takes one of temperature-sensor, smart-light, not "fridge"'],
  [
    "2s crash smart-light fire",
    'evening.txt:1: "crash" takes one of temperature-sensor, smart-light and one of heap, stack, loop, not "smart-light fire"',
  ],
  ["2s restore", 'evening.txt:1: "restore" takes one of temperature-sensor, smart-light, not ""'],
])("the line %j is refused with file, line and reason", (text, message) => {
  expect(() => parse(text)).toThrow(new UsageError(message));
});
