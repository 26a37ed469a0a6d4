import Resource from "Resource";
import TCP from "embedded:io/socket/tcp";
import TLSSocket from "embedded:io/socket/tcp/tls";
import SNTP from "sntp";
import Time from "time";
import TLSTransport, { type SecureOptions } from "../client/transports/tls-transport";
import type { HomeClientOptions } from "../home/home-device";
import BoardDate from "./board-date";
import { listSetting } from "./settings";
import type { Preparation } from "./transport";

/** IANA's port of MQTT over TLS. */
export const PORT = 8883;

/**
 * MQTT over TLS 1.2. Among the firmware's resources are the household's authority, `authority.der`, and what the device proves itself
 * with, `board-certificate.der` and `board-key.der` (PKCS #8); without these two it has the settings `user` and `password`.
 */
export function socketOptions(): HomeClientOptions["socket"] {
  const secure: SecureOptions = { certificate: new Resource("authority.der") };
  if (Resource.exists("board-certificate.der")) {
    secure.clientCertificates = [new Resource("board-certificate.der")];
    secure.clientKey = new Resource("board-key.der");
  }
  return {
    io: TLSTransport,
    TLS: { io: TLSSocket },
    TCP: { io: TCP },
    secure,
  } as HomeClientOptions["socket"];
}

/** Certificates are valid from one date to another, and a board that has just got its power does not know today's. */
export function prepare(onReady: () => void): Preparation | undefined {
  const date = new BoardDate({ io: SNTP, time: Time, servers: listSetting("sntp") });
  date.learn(onReady);
  return date;
}
