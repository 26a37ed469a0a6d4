// A process of its own: while a machine waits for its debugger, so does its thread. Bundled by xs-device.ts.
import { VirtualClock } from "../../../host-sim/clock/virtual-clock";
import { ESP32_CREATION } from "../../../host-sim/xs/creation";
import { DebugSocket } from "../../../host-sim/xs/debug-socket";
import { Engine } from "../../../host-sim/xs/engine";
import { combineModules, FileModules, TextModules } from "../../../host-sim/xs/modules";
import { createTimerFunctions, TIMER_MODULE } from "../../../host-sim/xs/timer-module";

const [, , port = "5002", name = "kitchen", scenario = "measure", seconds = "5"] = process.argv;
const root = process.cwd();
const engine = await Engine.load({ progress: () => undefined });
const modules = combineModules(new TextModules({ timer: TIMER_MODULE }), new FileModules(root));
const firmware = engine.createRoot({ modules, preload: ["timer", "device/home/temperature-sensor"] });
const clock = new VirtualClock(0);
const timers = createTimerFunctions(clock);
const machine = firmware.createMachine({
  name,
  // What nobody gives more ends soon.
  creation:
    scenario === "fill" ? { ...ESP32_CREATION, heap: { initial: 768, incremental: 0 } } : ESP32_CREATION,
  functions: timers.functions,
  debug: new DebugSocket({ port: Number(port) }),
});
const home = machine.import("test/xsbug/support/home");
machine.sampleInstrumentation();
machine.deliver(home.reference(scenario), undefined);
for (let second = 0; second < Number(seconds) && machine.alive; second += 1) {
  clock.advance(1_000);
  machine.deliver(home.reference("grow"), undefined);
  machine.sampleInstrumentation();
}
timers.clearAll();
machine.close();
