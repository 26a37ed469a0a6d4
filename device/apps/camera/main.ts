import ImageIn from "embedded:io/image/in/camera";
import device from "embedded:provider/builtin";
import Timer from "timer";
import Camera from "../../drivers/camera/camera";
import PIR from "../../drivers/pir/pir";
import SecurityCamera from "../../home/security-camera";
import Application, { deviceSettings } from "../application";

const PIR_PIN = 2;
const WIDTH = 320;
const HEIGHT = 240;

/** Firmware "camera": the board's camera and a PIR motion sensor on pin 2 (XIAO ESP32S3 Sense: D1). */
export default function (): Application {
  return new Application(start);
}

function start(): SecurityCamera {
  const { Digital } = device.io;
  return new SecurityCamera({
    ...deviceSettings("security-camera"),
    sensor: { io: PIR, sensor: { io: Digital, pin: PIR_PIN, mode: Digital.Input }, timer: Timer },
    camera: { io: Camera, camera: { io: ImageIn, width: WIDTH, height: HEIGHT }, timer: Timer },
  });
}
