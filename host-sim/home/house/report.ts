import type { DeviceUsage } from "../../embedded/device-engine";
import type { DeliveryLedger } from "../observer/delivery-ledger";
import type { Watcher } from "../observer/watcher";
import type { WireObserver } from "../observer/wire-observer";

/** What `--report FILE` holds when the house has ended. Counts are messages per topic. */
export interface Report {
  /** The broker's URL, without credentials. */
  readonly broker: string;
  readonly durationMs: number;
  readonly devices: readonly DeviceReport[];
  /** Counted by the independent MQTT.js subscriber of `home/#`. */
  readonly received: Readonly<Record<string, number>>;
  /** QoS 1 and 2 messages that the broker acknowledged and that subscriber never saw. */
  readonly lost: number;
}

export interface DeviceReport {
  readonly id: string;
  /**
   * Messages seen on the device's wire, all QoS; retransmissions (DUP) are not counted again. What was in flight when the
   * broker forgot the session goes out as a new message (MQTT 3.1.1 section 4.1) and is counted as one.
   */
  readonly published: Readonly<Record<string, number>>;
  /** Those of QoS 1 and 2 for which a PUBACK or PUBCOMP came back. */
  readonly acknowledged: Readonly<Record<string, number>>;
  /** Connections that the broker accepted, after the first. */
  readonly reconnects: number;
  /** Uncaught exceptions, refused connections, undecodable bytes and what the device reported on its log topic. */
  readonly errors: readonly string[];
  /** With `--engine xs`: what the device's machine has used. */
  readonly machine?: MachineReport;
}

/**
 * Slots and chunk bytes are those in use when the run ended, garbage collected; the peaks count garbage too, and are those of
 * all machines where a device had to restart. Modules are compiled with the lines of their sources, as a debug build has them:
 * that adds work, no memory.
 */
export interface MachineReport extends DeviceUsage {
  /** All that the device has done since its broker first accepted it, divided by the messages it published since. */
  readonly workPerMessage: number;
  /** How often its machine has died and the board has restarted. */
  readonly restarts: number;
}

export interface ReportSource {
  readonly broker: string;
  readonly durationMs: number;
  readonly devices: readonly {
    readonly id: string;
    readonly observer: WireObserver;
    readonly errors: readonly string[];
    readonly machine?: MachineReport | undefined;
  }[];
  readonly watcher: Watcher;
  readonly ledger: DeliveryLedger;
}

export function createReport(source: ReportSource): Report {
  return {
    broker: source.broker,
    durationMs: Math.round(source.durationMs),
    devices: source.devices.map(({ id, observer, errors, machine }) => ({
      id,
      published: sortedRecord(observer.published),
      acknowledged: sortedRecord(observer.acknowledged),
      reconnects: observer.reconnects,
      errors: [...errors],
      ...(machine ? { machine } : {}),
    })),
    received: sortedRecord(source.watcher.received),
    lost: source.ledger.lost.length,
  };
}

/** Topics in code unit order, so that two reports can be compared line by line. */
function sortedRecord(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([left], [right]) => (left < right ? -1 : 1)));
}
