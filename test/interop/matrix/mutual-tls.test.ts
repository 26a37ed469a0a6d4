import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import MQTTClient from "../../../device/client/mqtt-client";
import TLSTransport, { type SecureOptions } from "../../../device/client/transports/tls-transport";
import { TLS_FAILED } from "../../../device/client/transports/transport-error";
import type { MQTTError } from "../../../device/mqtt/mqtt-error";
import { Authority } from "../../support/certificates";
import { Mosquitto, referees } from "../../support/mosquitto";
import { RealDevice } from "../../support/real-device";

vi.mock("timer", () => import("../../support/real-timer"));

describe.skipIf(!referees)("a mosquitto that wants to know its devices", () => {
  let broker: Mosquitto;
  let authority: Authority;
  beforeAll(async () => {
    authority = await Authority.create("Home");
    const secure = await authority.issue({ commonName: "localhost", hosts: ["localhost"] });
    broker = await Mosquitto.start({ listeners: { mutual: { secure, clientAuthority: authority.PEM } } });
  });
  afterAll(() => broker?.stop());

  /** Resolves with the error, or `undefined` when CONNACK has come. */
  function connect(secure: SecureOptions): Promise<MQTTError | undefined> {
    const device = new RealDevice();
    return new Promise<MQTTError | undefined>((resolve) => {
      new MQTTClient({
        host: "localhost",
        port: broker.portOf("mutual"),
        id: "sensor-1",
        dns: device.dns,
        socket: { io: TLSTransport, TLS: { io: device.TLS }, TCP: { io: device.TCP }, secure },
        onControl: (_operation: number, _message: unknown) => resolve(undefined),
        onError: resolve,
      });
    }).finally(() => device.close());
  }

  test("takes a device with a certificate of its authority", async () => {
    const { certificateDER, keyDER } = await authority.issue({ commonName: "sensor-1" });
    const secure = { certificate: authority.DER, clientCertificates: [certificateDER], clientKey: keyDER };
    expect(await connect(secure)).toBeUndefined();
    // The name in the certificate is the user, whatever the device says.
    expect(broker.log).toContain("u'sensor-1'");
  });

  test("refuses a device without one", async () => {
    expect(await connect({ certificate: authority.DER })).toMatchObject({
      code: TLS_FAILED,
      message: expect.stringContaining("handshake failure"),
    });
  });

  test("refuses a device with one of somebody else", async () => {
    const stranger = await Authority.create("Somebody else");
    const { certificateDER, keyDER } = await stranger.issue({ commonName: "sensor-1" });
    const secure = { certificate: authority.DER, clientCertificates: [certificateDER], clientKey: keyDER };
    expect(await connect(secure)).toMatchObject({
      code: TLS_FAILED,
      message: expect.stringContaining("unknown ca"),
    });
  });
});
