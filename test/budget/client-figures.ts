import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import type { Creation } from "../../host-sim/xs/creation";
import { MachineDeath } from "../../host-sim/xs/death";
import type { Machine, Reference } from "../../host-sim/xs/machine";
import type { Root } from "../../host-sim/xs/root";
import { type Cost, costBetween } from "../../host-sim/xs/statistics";
import { createTimerFunctions } from "../../host-sim/xs/timer-module";
import { arenaOf, ROOMY, SCENES } from "./firmware";
import { smallest } from "./smallest";

/** Figures by their identifiers: `mqttClient.publish0.work`. */
export type Figures = Record<string, number>;

export interface Scenario {
  /** Of the module in machine/, and, as `name`, of its figures. */
  readonly scene: string;
  readonly name: string;
  /** Parameters of `connect`: the defaults of the client, and a sensible minimum. */
  readonly sizes: readonly number[];
  readonly small: readonly number[];
}

export const MQTT_CLIENT: Scenario = {
  scene: "mqtt-client",
  name: "mqttClient",
  sizes: [256],
  small: [64],
};

export const RELIABLE_CLIENT: Scenario = {
  scene: "reliable-client",
  name: "reliableClient",
  sizes: [256, 4_096, 512],
  small: [64, 512, 64],
};

const QUALITIES = [0, 1, 2] as const;
/** Calls before a cost is taken: buffers have their size then, and views are made. */
const WARM_UP = 6;
/** What is the same this often is the cost. */
const REPEATS = 3;
const MESSAGES = 10_000;
/** One turn of a device is not that long. */
const MESSAGES_IN_A_TURN = 500;
const MESSAGES_IN_THE_ARENA = 120;

/** All figures of one client. */
export function clientFigures(root: Root, scenario: Scenario): Figures {
  const { name } = scenario;
  const figures: Figures = {};
  const add = (values: Figures): void => {
    for (const [key, value] of Object.entries(values)) figures[`${name}.${key}`] = value;
  };
  add(heapFigures(root, scenario));
  add(messageFigures(root, scenario));
  add(growthFigures(root, scenario));
  add({ arena: smallestArena(root, scenario) });
  return figures;
}

/** One machine with the scenario in it. */
class Bench {
  readonly machine: Machine;
  readonly #module: Reference;
  readonly #functions: Map<string, Reference> = new Map();

  constructor(root: Root, { scene }: Scenario, creation: Creation = ROOMY) {
    const { functions } = createTimerFunctions(new VirtualClock());
    this.machine = root.createMachine({ name: scene, creation, functions });
    this.#module = this.machine.import(`${SCENES}/${scene}`);
    this.run("begin");
  }

  run(name: string, parameters: readonly number[] = []): void {
    this.#function(name).run(undefined, parameters);
  }

  call(name: string, parameters: readonly number[] = []): number {
    return this.#function(name).call(undefined, parameters) as number;
  }

  /** What one call costs. @throws {Error} when garbage was collected meanwhile */
  cost(name: string, parameters: readonly number[]): Cost {
    this.#function(name);
    const before = this.machine.statistics();
    this.run(name, parameters);
    const cost = costBetween(before, this.machine.statistics());
    if (cost.garbageCollections > 0) throw new Error(`garbage was collected during ${name}`);
    return cost;
  }

  /** Bytes that are alive. */
  live(): number {
    this.machine.collectGarbage();
    const { slots, chunkBytes } = this.machine.statistics();
    return slots * 16 + chunkBytes;
  }

  /** The cost of one call, after a warm-up. @throws {Error} when it is not the same every time */
  steadyCost(name: string, QoS: number): Cost {
    for (let index = 0; index < WARM_UP; index += 1) this.run(name, [QoS]);
    const costs = Array.from({ length: REPEATS }, () => this.cost(name, [QoS]));
    if (new Set(costs.map((cost) => JSON.stringify(cost))).size > 1)
      throw new Error(`${name} at QoS ${QoS} does not cost the same every time: ${JSON.stringify(costs)}`);
    return costs[0]!;
  }

  #function(name: string): Reference {
    let reference = this.#functions.get(name);
    if (!reference) {
      reference = this.#module.reference(name);
      this.#functions.set(name, reference);
    }
    return reference;
  }
}

function heapFigures(root: Root, scenario: Scenario): Figures {
  const socket = heapOf(root, scenario, "connectNothing", []).live;
  const { live, peak } = heapOf(root, scenario, "connect", scenario.sizes);
  const small = heapOf(root, scenario, "connect", scenario.small);
  return { live: live - socket, liveSmall: small.live - socket, peak: peak - socket };
}

/** What is alive when `step` is through, and the most that was allocated meanwhile, when nothing is collected. */
function heapOf(
  root: Root,
  scenario: Scenario,
  step: string,
  parameters: readonly number[],
): { live: number; peak: number } {
  const bench = new Bench(root, scenario);
  bench.run("nothing");
  const before = bench.live();
  const peak = bench.cost(step, parameters).bytes;
  const live = bench.live() - before;
  bench.machine.close();
  return { live, peak };
}

/** What messages cost. */
export function messageFigures(root: Root, scenario: Scenario): Figures {
  const figures: Figures = {};
  const bench = new Bench(root, scenario);
  const idle = new Bench(root, scenario);
  bench.run("connect", scenario.sizes);
  bench.run("prepare");
  idle.run("idle");
  for (const [step, harness] of [
    ["publish", "acknowledge"],
    ["prepared", "acknowledge"],
    ["receive", "receive"],
  ] as const)
    for (const QoS of QUALITIES) {
      const cost = bench.steadyCost(step, QoS);
      const empty = idle.steadyCost(harness, QoS);
      const before = bench.call("writes");
      bench.run(step, [QoS]);
      figures[`${step}${QoS}.work`] = cost.work - empty.work;
      figures[`${step}${QoS}.garbage`] = cost.bytes - empty.bytes;
      figures[`${step}${QoS}.writes`] = bench.call("writes") - before;
    }
  bench.machine.close();
  idle.machine.close();
  return figures;
}

/** What is alive after 10,000 messages each way, beside what was after the first thousand. */
function growthFigures(root: Root, scenario: Scenario): Figures {
  const bench = new Bench(root, scenario);
  bench.run("connect", scenario.sizes);
  for (let turn = 0; turn < 2; turn += 1) bench.call("repeat", [MESSAGES_IN_A_TURN]);
  const before = bench.live();
  for (let count = 0; count < MESSAGES; count += MESSAGES_IN_A_TURN)
    bench.call("repeat", [MESSAGES_IN_A_TURN]);
  const growth = bench.live() - before;
  bench.machine.close();
  return { growth };
}

function smallestArena(root: Root, scenario: Scenario): number {
  return smallest(512, 32_768, 16, (byteLength) => {
    try {
      const bench = new Bench(root, scenario, arenaOf(byteLength));
      bench.run("connect", scenario.sizes);
      bench.run("prepare");
      bench.call("repeat", [MESSAGES_IN_THE_ARENA]);
      bench.machine.close();
      return true;
    } catch (error) {
      if (error instanceof MachineDeath) return false;
      throw error;
    }
  });
}
