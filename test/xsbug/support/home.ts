// A home around the Temperature Sensor of device/home, without I/O: runs in XS. Each scenario is an exported function.
import TemperatureSensor, { type TemperatureSensorOptions } from "../../../device/home/temperature-sensor";

class Client {
  publish(): number {
    return 1;
  }
  subscribe(): void {}
  close(): void {}
}

class Sensor {
  #reads = 0;
  sample(): { temperature: number } {
    this.#reads += 1;
    return { temperature: 20 + this.#reads };
  }
  close(): void {}
}

function create(interval: number): TemperatureSensor {
  const options = { id: "kitchen", client: { io: Client, host: "broker" }, sensor: { io: Sensor }, interval };
  return new TemperatureSensor(options as unknown as TemperatureSensorOptions);
}

let kept: unknown[] | undefined;

/** Nothing goes wrong. */
export function measure(): void {
  create(1_000);
  trace("measuring\n");
}

/** An exception in device/home that is caught here. */
export function caught(): void {
  let outcome = "none";
  try {
    create(-5);
  } catch (error) {
    outcome = (error as Error).message;
  }
  trace(`${outcome}\n`);
  kept = [];
  measure();
}

/** One that nobody catches. */
export function uncaught(): void {
  create(-5);
}

/** Memory full. */
export function fill(): void {
  kept = [];
  for (;;) kept.push({ more: kept });
}

/** Each second. */
export function grow(): void {
  for (let count = 0; kept && count < 20; count += 1) kept.push({ count });
}
