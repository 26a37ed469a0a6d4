import type Button from "../drivers/button/button";
import type { ButtonOptions } from "../drivers/button/button";
import type Lamp from "../drivers/lamp/lamp";
import type { LampOptions } from "../drivers/lamp/lamp";
import { LAMP, SMART_LIGHT } from "./description";
import HomeDevice, { type DeviceSettings } from "./home-device";
import { COMMAND_REFUSED, COMMAND_RETAINED } from "./log-code";
import { formatLightState, parseLightCommand } from "./payload";
import { topicOf } from "./topics";

const FULL_BRIGHTNESS = 255;

/** Default topic: `home/light`; commands are taken on the same with `/set`. */
export interface SmartLightOptions extends DeviceSettings {
  /** The driver's class as `io`, and its options. */
  lamp: { io: typeof Lamp } & LampOptions;
  /** A button that toggles the light, also while the broker is away. */
  button?: { io: typeof Button } & Omit<ButtonOptions, "target" | "onPress">;
}

/**
 * A light with Home Assistant's JSON schema. A command changes the lamp and then publishes the state the lamp confirms;
 * one that is refused changes nothing and is reported on the log topic. A retained command is ignored: it arrives at
 * every boot, and nobody has just pressed anything (ghost switching).
 */
export default class SmartLight {
  readonly #device: HomeDevice<SmartLight>;
  readonly #lamp: Lamp;
  readonly #button: Button | undefined;
  readonly #topic: string;
  /** 1 to 255: what the light returns to when it is switched on without a brightness. */
  #brightness = FULL_BRIGHTNESS;

  constructor(options: SmartLightOptions) {
    const { lamp, button } = options;
    this.#topic = topicOf(LAMP.state, options.topic);
    this.#lamp = new lamp.io(lamp);
    this.#button = button && new button.io({ ...button, target: this, onPress: SmartLight.#pressed });
    this.#device = new HomeDevice<SmartLight>({
      settings: options,
      description: SMART_LIGHT,
      target: this,
      onConnect: SmartLight.#connected,
      onCommand: SmartLight.#commanded,
    });
  }

  /** Switches the lamp off, publishes `offline` and disconnects. */
  close(callback?: () => void): void {
    this.#button?.close();
    this.#lamp.close();
    this.#device.close(callback);
  }

  #switch(on: boolean, brightness: number, transition?: number): void {
    this.#brightness = brightness;
    this.#lamp.write(on ? brightness : 0, transition);
    this.#publishState();
  }

  #publishState(): void {
    const { on, brightness } = this.#lamp;
    this.#device.publish(LAMP.state, this.#topic, formatLightState(on, on ? brightness : this.#brightness));
  }

  static readonly #connected = function (this: HomeDevice<SmartLight>): void {
    this.target.#publishState();
  };

  static readonly #commanded = function (
    this: HomeDevice<SmartLight>,
    payload: Uint8Array,
    retain: boolean,
  ): void {
    if (payload.byteLength === 0) return; // somebody clears a retained command
    if (retain) {
      this.log("warning", COMMAND_RETAINED, "a retained command is ignored; publish commands without retain");
      return;
    }
    const command = parseLightCommand(payload);
    if (typeof command === "string") {
      this.log("error", COMMAND_REFUSED, `command refused: ${command}`);
      return;
    }
    const light = this.target;
    light.#switch(command.on, command.brightness ?? light.#brightness, command.transition);
  };

  static readonly #pressed = function (this: Button): void {
    const light = this.target as SmartLight;
    light.#switch(!light.#lamp.on, light.#brightness);
  };
}
