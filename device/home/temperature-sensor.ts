import Timer from "timer";
import type TMP117 from "../drivers/tmp117/tmp117";
import type { TMP117Configuration, TMP117Options } from "../drivers/tmp117/tmp117";
import { TEMPERATURE_READING, TEMPERATURE_SENSOR } from "./description";
import HomeDevice, { type DeviceSettings } from "./home-device";
import { READING_OUT_OF_RANGE, SENSOR_RECOVERED, SENSOR_UNREADABLE } from "./log-code";
import { formatTemperature } from "./payload";
import { topicOf } from "./topics";

const { state: TEMPERATURE } = TEMPERATURE_READING;
/** Milliseconds until a sensor that has no new conversion is asked again. */
const RETRY_INTERVAL = 200;
/** Without a conversion for two intervals and at least this long, milliseconds, a sensor counts as unreadable. */
const MINIMUM_PATIENCE = 2_000;

/** Default topic: `home/temp`. */
export interface TemperatureSensorOptions extends DeviceSettings {
  /** The driver's class as `io`, and its options. */
  sensor: { io: typeof TMP117 } & Omit<TMP117Options, "target" | "onError">;
  /** Given to the driver's `configure`. */
  configuration?: TMP117Configuration;
  /** Milliseconds between readings; default 60,000. */
  interval?: number;
  /** °C that can be true; default -55 and 150, where the TMP117 works. Others are reported and not published. */
  minimum?: number;
  maximum?: number;
}

/** Publishes a temperature at an interval and after each connect, and tells when its sensor fails and recovers. */
export default class TemperatureSensor {
  readonly #device: HomeDevice<TemperatureSensor>;
  readonly #sensor: TMP117;
  readonly #timer: Timer;
  readonly #topic: string;
  readonly #interval: number;
  readonly #minimum: number;
  readonly #maximum: number;
  /** What the driver reported during the sample that runs. */
  #error: Error | undefined;
  /** The code of the streak of failures that lasts, or 0. */
  #failure = 0;
  /** Milliseconds without a new conversion. */
  #waited = 0;
  /** The payload last published, as long as the sensor works. */
  #last: string | undefined;

  /** @throws {RangeError} for an `interval` that is not above 0 */
  constructor(options: TemperatureSensorOptions) {
    const { interval = 60_000, minimum = -55, maximum = 150 } = options;
    if (!(interval > 0 && interval < Number.POSITIVE_INFINITY))
      throw new RangeError(`interval ${interval} ms is not a finite number above 0`);
    this.#interval = interval;
    this.#minimum = minimum;
    this.#maximum = maximum;
    this.#topic = topicOf(TEMPERATURE, options.topic);
    this.#sensor = new options.sensor.io({
      ...options.sensor,
      target: this,
      onError: TemperatureSensor.#sensorFailed,
    });
    if (options.configuration) this.#sensor.configure(options.configuration);
    this.#device = new HomeDevice<TemperatureSensor>({
      settings: options,
      description: TEMPERATURE_SENSOR,
      interval,
      target: this,
      onConnect: TemperatureSensor.#connected,
    });
    this.#timer = Timer.repeat(() => this.#measure(), interval);
  }

  /** Sleeps the sensor, publishes `offline` and disconnects. */
  close(callback?: () => void): void {
    Timer.clear(this.#timer);
    this.#sensor.close();
    this.#device.close(callback);
  }

  #measure(): void {
    this.#error = undefined;
    const sample = this.#sensor.sample();
    const error = this.#error as Error | undefined; // set by the driver's onError during sample()
    if (error) this.#fail(SENSOR_UNREADABLE, `the sensor cannot be read: ${error.message}`);
    else if (sample) this.#take(sample.temperature);
    else this.#wait();
  }

  #take(celsius: number): void {
    this.#waited = 0;
    if (!(celsius >= this.#minimum && celsius <= this.#maximum)) {
      this.#fail(
        READING_OUT_OF_RANGE,
        `temperature ${celsius} °C is outside ${this.#minimum} to ${this.#maximum} °C`,
      );
      return;
    }
    if (this.#failure !== 0) {
      this.#failure = 0;
      this.#device.log("info", SENSOR_RECOVERED, "the sensor works again");
    }
    this.#last = formatTemperature(celsius);
    this.#device.publish(TEMPERATURE, this.#topic, this.#last);
  }

  /** No new conversion yet, as shortly after power up: ask again soon, and from then on at the interval. */
  #wait(): void {
    if (this.#waited >= Math.max(MINIMUM_PATIENCE, 2 * this.#interval)) {
      this.#fail(SENSOR_UNREADABLE, `the sensor has had no new reading for ${this.#waited} ms`);
      return;
    }
    const retry = Math.min(RETRY_INTERVAL, this.#interval);
    Timer.schedule(this.#timer, retry, this.#interval);
    this.#waited += retry;
  }

  #fail(code: number, message: string): void {
    this.#last = undefined;
    if (code === this.#failure) return;
    this.#failure = code;
    this.#device.log("error", code, message);
  }

  static readonly #connected = function (this: HomeDevice<TemperatureSensor>): void {
    const sensor = this.target;
    // A broker that has lost its retained messages gets the last reading even if no newer one is ready.
    if (sensor.#last !== undefined) this.publish(TEMPERATURE, sensor.#topic, sensor.#last);
    else {
      Timer.schedule(sensor.#timer, sensor.#interval, sensor.#interval);
      sensor.#measure();
    }
  };

  static readonly #sensorFailed = function (this: TMP117, error: Error): void {
    (this.target as TemperatureSensor).#error = error;
  };
}
