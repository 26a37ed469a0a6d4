import { setTimeout as later } from "node:timers/promises";
import { type Carried, carried, difference } from "./loopback";
import type { Work } from "./work";

/** What one reading costs on one hop. */
export interface Cost {
  /** Bytes that TCP carries, both ways: headers and body of HTTP, packets of MQTT. */
  readonly payload: number;
  /** Bytes that IP carries, both ways: with the headers of IP and TCP, and TCP's own packets. */
  readonly bytes: number;
  readonly packets: number;
}

export interface MeasureOptions {
  /** Rounds; the cheapest counts, since whatever else uses loopback only adds. */
  readonly rounds: number;
  /** Readings in a round. */
  readonly readings: number;
  /** Until TCP has acknowledged what it acknowledges late (Linux: 40 ms), as between two readings of a sensor, ms. */
  readonly pause: number;
}

/** Cost of a reading, once the connection stands and the first has gone. */
export async function measure(work: Work, { rounds, readings, pause }: MeasureOptions): Promise<Cost> {
  let temperature = 2_000;
  const read = async (): Promise<void> => {
    temperature = temperature === 2_999 ? 2_000 : temperature + 1;
    await work.reading((temperature / 100).toFixed(2));
    await later(pause);
  };
  await read();
  let cheapest: Carried | undefined;
  let payload = 0;
  for (let round = 0; round < rounds; round++) {
    const [before, payloadBefore] = [carried(), work.payload()];
    for (let reading = 0; reading < readings; reading++) await read();
    const cost = difference(carried(), before);
    payload = work.payload() - payloadBefore;
    if (!cheapest || cost.bytes < cheapest.bytes) cheapest = cost;
  }
  return {
    payload: payload / readings,
    bytes: (cheapest?.bytes ?? 0) / readings,
    packets: (cheapest?.packets ?? 0) / readings,
  };
}
