import { VirtualClock } from "../../host-sim/clock/virtual-clock";
import { createTimer, type TimerModule } from "../../host-sim/embedded/timer";

/** The clock of this test file: `clock.advance(1000)`. */
export const clock: VirtualClock = new VirtualClock();

/** What `import Timer from "timer"` gives device modules under test. */
const Timer: TimerModule = createTimer(clock);
export default Timer;
