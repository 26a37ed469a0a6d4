import { RealClock } from "../../host-sim/clock/real-clock";
import { createTimer, type TimerModule } from "../../host-sim/embedded/timer";

/** `timer` for tests against real sockets: `vi.mock("timer", () => import("../support/real-timer"))`. */
const Timer: TimerModule = createTimer(new RealClock());
export default Timer;
