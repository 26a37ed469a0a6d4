import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { mosquittoRules } from "./access-rules";
import type { HouseholdSettings, Layout } from "./layout";
import { requireText } from "./layout";
import { makeFolder, writePrivate } from "./private-files";

/** Writes mosquitto's configuration, rules and passwords. @returns whether anything has changed */
export function writeMosquitto(layout: Layout, settings: HouseholdSettings): boolean {
  const members = layout.members();
  makeFolder(layout.path("mosquitto", "data"));
  const passwords = members.map(
    (member) =>
      `${member.name}:${requireText(join(layout.folderOf(member), "mosquitto-password")).trimEnd()}\n`,
  );
  const changes = [
    writePrivate(layout.path("mosquitto", "access-rules"), mosquittoRules(members)),
    writePrivate(layout.path("mosquitto", "passwords"), passwords.join("")),
    writePrivate(layout.path("mosquitto", "mosquitto.conf"), configuration(layout, settings)),
  ];
  return changes.includes(true);
}

function configuration(layout: Layout, { port, passwordPort }: HouseholdSettings): string {
  const path = (...names: string[]): string => resolve(layout.path(...names));
  const secure = [
    `certfile ${path("server", "certificate.pem")}`,
    `keyfile ${path("server", "key.pem")}`,
    "tls_version tlsv1.2",
  ];
  return `${[
    "# Made by `thimble init`, which writes it again: changes are lost.",
    "# mosquitto -c mosquitto.conf, as the user whose household it is: nobody else can read these files.",
    "",
    "# Started as root, it becomes the owner of these files.",
    `user ${userInfo().username}`,
    "allow_anonymous false",
    `acl_file ${path("mosquitto", "access-rules")}`,
    `password_file ${path("mosquitto", "passwords")}`,
    "# QoS 1 and 2 are several small packets in turn: with Nagle's algorithm each would wait for a delayed acknowledgement.",
    "set_tcp_nodelay true",
    "# Sessions and retained messages survive a restart.",
    "persistence true",
    `persistence_location ${path("mosquitto", "data")}/`,
    "# A service that is away for long misses nothing: the default keeps 1,000 messages for it and drops the rest.",
    "max_queued_messages 0",
    "log_dest stderr",
    "",
    "# For whoever has a certificate of this household: its common name is the user.",
    `listener ${port}`,
    ...secure,
    `cafile ${path("authority", "certificate.pem")}`,
    "require_certificate true",
    "use_identity_as_username true",
    "",
    "# For what has no certificate, Home Assistant for example: its name and password.",
    `listener ${passwordPort}`,
    ...secure,
  ].join("\n")}\n`;
}
