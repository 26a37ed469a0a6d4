import type { DeliveryLedger } from "./delivery-ledger";
import type { Watcher } from "./watcher";
import type { WireObserver } from "./wire-observer";

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
}

export interface ReportSource {
  readonly broker: string;
  readonly durationMs: number;
  readonly devices: readonly {
    readonly id: string;
    readonly observer: WireObserver;
    readonly errors: readonly string[];
  }[];
  readonly watcher: Watcher;
  readonly ledger: DeliveryLedger;
}

export function createReport(source: ReportSource): Report {
  return {
    broker: source.broker,
    durationMs: Math.round(source.durationMs),
    devices: source.devices.map(({ id, observer, errors }) => ({
      id,
      published: sortedRecord(observer.published),
      acknowledged: sortedRecord(observer.acknowledged),
      reconnects: observer.reconnects,
      errors: [...errors],
    })),
    received: sortedRecord(source.watcher.received),
    lost: source.ledger.lost.length,
  };
}

/** Topics in code unit order, so that two reports can be compared line by line. */
function sortedRecord(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([left], [right]) => (left < right ? -1 : 1)));
}
