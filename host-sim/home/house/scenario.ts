import { DEVICE_FAULTS, type DeviceFault } from "../../embedded/device-engine";
import { parseDuration } from "../duration";
import { UsageError } from "../usage-error";

/** One step of a scenario; `time` is ms after the house has started. */
export type ScenarioStep = { readonly time: number; readonly line: number } & ScenarioAction;

export type ScenarioAction =
  /** The room's air takes this temperature, in °C. */
  | { readonly action: "temperature"; readonly celsius: number }
  /** Somebody walks past the camera. */
  | { readonly action: "motion" }
  /** Somebody presses the lamp's button. */
  | { readonly action: "button" }
  /** The device's network goes away without a word (packets vanish), or comes back. */
  | { readonly action: "cut" | "restore"; readonly device: string }
  /** The device's XS machine dies: of a full heap, a stack overflow, or a loop without end. */
  | { readonly action: "crash"; readonly device: string; readonly fault: DeviceFault };

type Reader = (words: readonly string[], deviceIds: readonly string[]) => ScenarioAction;

const ACTIONS: Readonly<Record<string, Reader>> = Object.freeze({
  temperature: readTemperature,
  motion: (words: readonly string[]) => withoutWords("motion", words),
  button: (words: readonly string[]) => withoutWords("button", words),
  cut: (words: readonly string[], deviceIds: readonly string[]) => readDevice("cut", words, deviceIds),
  restore: (words: readonly string[], deviceIds: readonly string[]) =>
    readDevice("restore", words, deviceIds),
  crash: readCrash,
});

/** TMP117 datasheet section 1: the range in which the part measures, in °C. */
const COLDEST = -55;
const WARMEST = 150;

/**
 * Reads a scenario: one step a line, `<time> <action> [value]`; `#` begins a comment, empty lines are ignored.
 *
 *     2s temperature 25.5
 *     3s motion                        # somebody at the door
 *     5s cut temperature-sensor
 *     7s restore temperature-sensor
 *     9s crash smart-light heap         # or stack, or loop; with --engine xs
 *
 * @param file - the name that errors show
 * @returns the steps in time order; steps of the same time stay in the order of the file
 * @throws {UsageError} `FILE:LINE: what is wrong`
 */
export function parseScenario(text: string, file: string, deviceIds: readonly string[]): ScenarioStep[] {
  const steps: ScenarioStep[] = [];
  for (const [index, source] of text.split(/\r?\n/).entries()) {
    const words = source
      .replace(/#.*/, "")
      .split(/\s+/)
      .filter((word) => word !== "");
    if (words.length === 0) continue;
    const line = index + 1;
    try {
      steps.push({ time: parseDuration(words[0]!), line, ...parseAction(words.slice(1), deviceIds) });
    } catch (error) {
      throw new UsageError(`${file}:${line}: ${(error as Error).message}`);
    }
  }
  return steps.sort((left, right) => left.time - right.time);
}

function parseAction(words: readonly string[], deviceIds: readonly string[]): ScenarioAction {
  const names = Object.keys(ACTIONS).join(", ");
  const name = words[0];
  if (name === undefined) throw new UsageError(`no step after the time: write one of ${names}`);
  if (!Object.hasOwn(ACTIONS, name)) throw new UsageError(`unknown step "${name}": write one of ${names}`);
  return ACTIONS[name]!(words.slice(1), deviceIds);
}

function withoutWords(action: "motion" | "button", words: readonly string[]): ScenarioAction {
  if (words.length > 0) throw new UsageError(`"${action}" takes nothing, not "${words.join(" ")}"`);
  return { action };
}

function readTemperature(words: readonly string[]): ScenarioAction {
  const celsius = Number(words[0]);
  if (words.length !== 1 || !(celsius >= COLDEST && celsius <= WARMEST))
    throw new UsageError(
      `"temperature" takes one number of °C from ${COLDEST} to ${WARMEST}, not "${words.join(" ")}"`,
    );
  return { action: "temperature", celsius };
}

function readDevice(
  action: "cut" | "restore",
  words: readonly string[],
  deviceIds: readonly string[],
): ScenarioAction {
  const device = words[0];
  if (words.length !== 1 || device === undefined || !deviceIds.includes(device))
    throw new UsageError(`"${action}" takes one of ${deviceIds.join(", ")}, not "${words.join(" ")}"`);
  return { action, device };
}

function readCrash(words: readonly string[], deviceIds: readonly string[]): ScenarioAction {
  const [device, name] = words;
  const fault = DEVICE_FAULTS.find((candidate) => candidate === name);
  if (words.length !== 2 || device === undefined || !deviceIds.includes(device) || fault === undefined)
    throw new UsageError(
      `"crash" takes one of ${deviceIds.join(", ")} and one of ${DEVICE_FAULTS.join(", ")}, not "${words.join(" ")}"`,
    );
  return { action: "crash", device, fault };
}

/** The step in the words of its file, for event lines. */
export function describeStep(step: ScenarioAction): string {
  switch (step.action) {
    case "temperature":
      return `temperature ${step.celsius}`;
    case "cut":
    case "restore":
      return `${step.action} ${step.device}`;
    case "crash":
      return `crash ${step.device} ${step.fault}`;
    default:
      return step.action;
  }
}
