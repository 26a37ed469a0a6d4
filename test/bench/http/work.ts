/** A sensor's or a phone's way of doing the same work: a reading of five bytes, `21.57`, goes over the network. */
export interface Work {
  readonly title: string;
  /** Which of the two hops: from the sensor, or to the phone. */
  readonly hop: "sensor" | "phone";
  /** One reading; resolves when it has arrived, and everything that belongs to it has been said. */
  reading(text: string): Promise<void>;
  /** Bytes that TCP has carried for this side so far, both ways. */
  payload(): number;
  close(): Promise<void>;
}
