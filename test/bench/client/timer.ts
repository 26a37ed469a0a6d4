import { RealClock } from "../../../host-sim/clock/real-clock";
import { createTimer, type TimerModule } from "../../../host-sim/embedded/timer";

/** What `import Timer from "timer"` gives the client in this bench: Moddable's module, on the desktop's own time. */
const Timer: TimerModule = createTimer(new RealClock());
export default Timer;
