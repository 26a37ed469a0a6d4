import device from "embedded:provider/builtin";
import Timer from "timer";
import Button from "../../drivers/button/button";
import Lamp from "../../drivers/lamp/lamp";
import SmartLight from "../../home/smart-light";
import Application, { deviceSettings } from "../application";

const LAMP_PIN = 25;
/** 13 bits at 5 kHz is what the ESP32's LED controller counts from its 80 MHz, and no eye or camera sees 5 kHz. */
const LAMP_HZ = 5_000;
const LAMP_RESOLUTION = 13;
const FADE = 400;

/** Firmware "light": a lamp dimmed by PWM on pin 25, and the board's button (ESP32 Thing: pin 0). */
export default function (): Application {
  return new Application(start);
}

function start(): SmartLight {
  const { Digital, PWM } = device.io;
  return new SmartLight({
    ...deviceSettings("smart-light"),
    lamp: {
      io: Lamp,
      lamp: { io: PWM, pin: LAMP_PIN, hz: LAMP_HZ, resolution: LAMP_RESOLUTION },
      timer: Timer,
      fade: FADE,
    },
    button: {
      io: Button,
      button: { io: Digital, pin: device.pin.button!, mode: Digital.InputPullUp },
      timer: Timer,
    },
  });
}
