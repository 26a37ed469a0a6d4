import Timer from "timer";
import { type MQTTError, mqttError } from "../../mqtt/mqtt-error";
import type { Deadline, ReliableState, Report } from "./reliable-state";

/** ms; over 0, so that such a program does not take all of the time. */
const NESTED_DELAY = 1;

/** More reports than that do not wait for the next turn: memory stays bounded whatever the application does in one turn. */
const WAITING_LIMIT = 32;

/** Removes a message that will not be sent. @returns what is to be reported of it */
export function remove(state: ReliableState, offset: number, reason: MQTTError): Report {
  const { outbox, session } = state;
  const token = outbox.token(offset);
  const topic = outbox.topic(offset);
  const packetIdentifier = outbox.identifier(offset);
  outbox.remove(offset);
  cancelDeadline(state, token);
  session.forget(packetIdentifier);
  return { token, topic, reason };
}

/** Removes a message that will not be sent, and says so. */
export function drop(state: ReliableState, offset: number, code: number, detail: string): void {
  reportDropped(state, remove(state, offset, mqttError(code, detail)));
}

/**
 * Calls `onDropped` now; from inside `onDropped` a little later, so that a program which publishes there goes round in turns
 * and not down the stack.
 */
export function reportDropped(state: ReliableState, report: Report): void {
  if (state.reporting && !state.closed) reportLater(state, report, NESTED_DELAY);
  else call(state, report);
  checkFlush(state);
}

/** Reports messages that were dropped together. `close` in one of the callbacks reports the others. */
export function reportAllDropped(state: ReliableState, dropped: readonly Report[]): void {
  state.reports ??= [];
  const { reports } = state;
  if (state.reporting)
    for (let index = 0; index < dropped.length; index++) reportDropped(state, dropped[index]!);
  else {
    reports.unshift(...dropped);
    for (let count = dropped.length; count > 0 && reports.length > 0; count--) call(state, reports.shift()!);
    checkFlush(state);
  }
}

/** Calls `onDelivered` now. */
export function reportDelivered(state: ReliableState, token: number): void {
  cancelDeadline(state, token);
  state.callbacks.onDelivered?.call(state.owner, token);
  checkFlush(state);
}

/** Calls `onDelivered` a turn later: `publish` has not returned the token yet. */
export function reportWritten(state: ReliableState, token: number): void {
  cancelDeadline(state, token);
  if (state.callbacks.onDelivered) reportLater(state, { token, topic: "", reason: undefined }, 0);
  checkFlush(state);
}

function reportLater(state: ReliableState, report: Report, delay: number): void {
  state.reports ??= [];
  const { reports } = state;
  reports.push(report);
  state.reportTimer ??= Timer.set(() => {
    state.reportTimer = undefined;
    deliverReports(state);
  }, delay);
  if (reports.length > WAITING_LIMIT && !state.reporting) call(state, reports.shift()!);
}

/** Calls what waits for this turn. What the callbacks add waits for the next. */
export function deliverReports(state: ReliableState): void {
  const { reports } = state;
  if (!reports) return;
  for (let count = reports.length; count > 0 && reports.length > 0; count--) call(state, reports.shift()!);
}

function call(state: ReliableState, report: Report): void {
  const { callbacks, owner } = state;
  const { token, topic, reason } = report;
  const { reporting: nested = false } = state;
  state.reporting = true;
  try {
    if (reason) callbacks.onDropped?.call(owner, token, topic, reason);
    else callbacks.onDelivered!.call(owner, token);
  } finally {
    state.reporting = nested;
  }
}

/** Messages and streams that are not delivered. */
export function unsentCount(state: ReliableState): number {
  return state.outbox.count + (state.stream ? 1 : 0);
}

/** Tells a waiting `flush`, in the next turn, that there is nothing left to wait for. */
export function checkFlush(state: ReliableState): void {
  const { flush } = state;
  if (!flush || unsentCount(state) > 0) return;
  Timer.clear(flush.timer);
  flush.timer = Timer.set(() => endFlush(state));
}

/** Ends `flush` with what is unsent now. */
export function endFlush(state: ReliableState): void {
  const flush = state.flush!;
  state.flush = undefined;
  Timer.clear(flush.timer);
  flush.callback(unsentCount(state));
}

export function addDeadline(state: ReliableState, deadline: Deadline): void {
  state.deadlines ??= [];
  state.deadlines.push(deadline);
}

export function cancelDeadline(state: ReliableState, token: number): void {
  const { deadlines } = state;
  if (!deadlines) return;
  for (let index = deadlines.length - 1; index >= 0; index--) {
    if (deadlines[index]!.token !== token) continue;
    Timer.clear(deadlines[index]!.timer);
    deadlines.splice(index, 1);
  }
}
