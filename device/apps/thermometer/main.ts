import device from "embedded:provider/builtin";
import TMP117, { conversionRateFor } from "../../drivers/tmp117/tmp117";
import TemperatureSensor from "../../home/temperature-sensor";
import Application, { deviceSettings } from "../application";
import { numberSetting } from "../settings";

/** Averages eight conversions: noise below the last digit that is published, at an eighth of a second. */
const AVERAGING = 8;

/** Firmware "thermometer": a TMP117 on the board's default I2C bus (ESP32 Thing: data 21, clock 22). */
export default function (): Application {
  return new Application(start);
}

function start(): TemperatureSensor {
  const interval = numberSetting("interval", 60_000);
  return new TemperatureSensor({
    ...deviceSettings("temperature-sensor"),
    sensor: { io: TMP117, sensor: { ...device.I2C.default, io: device.io.I2C, address: 0x48, hz: 400_000 } },
    configuration: { averaging: AVERAGING, conversionRate: conversionRateFor(interval, AVERAGING) },
    interval,
  });
}
