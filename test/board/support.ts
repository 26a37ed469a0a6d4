import { Board, type BoardOptions } from "../../host-sim/board/board";
import { VirtualClock } from "../../host-sim/clock/virtual-clock";

/** A board with a clock of its own. */
export function createBoard(options: Partial<Omit<BoardOptions, "clock">> = {}): {
  board: Board;
  clock: VirtualClock;
} {
  const clock = new VirtualClock();
  return { board: new Board({ clock, ...options }), clock };
}

/** For options that a type checker refuses and firmware in JavaScript passes nevertheless. */
export function wrong<Type>(value: unknown): Type {
  return value as Type;
}
