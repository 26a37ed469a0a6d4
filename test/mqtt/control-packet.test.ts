import { expect, it } from "vitest";
import * as controlPacket from "../../device/mqtt/control-packet";

it("packet types have the numbers of MQTT 3.1.1 table 2.1, and AUTH that of MQTT 5.0", () => {
  expect({ ...controlPacket }).toEqual({
    CONNECT: 1,
    CONNACK: 2,
    PUBLISH: 3,
    PUBACK: 4,
    PUBREC: 5,
    PUBREL: 6,
    PUBCOMP: 7,
    SUBSCRIBE: 8,
    SUBACK: 9,
    UNSUBSCRIBE: 10,
    UNSUBACK: 11,
    PINGREQ: 12,
    PINGRESP: 13,
    DISCONNECT: 14,
    AUTH: 15,
  });
});
