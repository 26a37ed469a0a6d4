import type { TLSSocket, TlsOptions } from "node:tls";
import type { AedesOptions, AuthenticateError, Client } from "aedes";
import { mayPublish, mayReceive, maySubscribe } from "./access-rules";
import type { Household } from "./household";

/** The answers of Aedes to a household's rules. */
export type BrokerLocks = Required<
  Pick<AedesOptions, "authenticate" | "authorizePublish" | "authorizeSubscribe" | "authorizeForward">
>;

// Return codes of CONNACK (MQTT 3.1.1 section 3.2.2.3); Aedes says the same in the words of 5.0.
const IDENTIFIER_REJECTED = 2;
const BAD_USER_NAME_OR_PASSWORD = 4;
const NOT_AUTHORIZED = 5;

/** A client has this long to come to terms about TLS, ms. */
const HANDSHAKE_TIMEOUT = 10_000;

/**
 * Options of the two TLS servers of a household's broker.
 * @param withCertificates - whether clients have to have one of the household's authority; without one they have a password
 */
export function tlsOptions(household: Household, withCertificates: boolean): TlsOptions {
  const { certificate, key } = household.serverCredentials;
  return {
    cert: certificate,
    key,
    minVersion: "TLSv1.2",
    handshakeTimeout: HANDSHAKE_TIMEOUT,
    ...(withCertificates
      ? { ca: household.authority, requestCert: true, rejectUnauthorized: true }
      : { requestCert: false }),
  };
}

/**
 * Lets in whom the household knows, and lets nobody do what its rules do not say. A client is who its certificate says; where it
 * has none, who its name and password say. A device's Client Identifier is its name, and nobody else's may be the name of another
 * member: who took it would end the other's connection.
 */
export function lockBroker(household: Household): BrokerLocks {
  const names = new WeakMap<object, string>();
  const rulesOf = (client: Client | null) => household.rulesOf((client && names.get(client)) ?? "");

  async function admit(
    client: Client,
    user: string | undefined,
    password: Buffer | undefined,
  ): Promise<number | undefined> {
    const name = certifiedName(client.conn as TLSSocket) ?? user ?? "";
    if (certifiedName(client.conn as TLSSocket) === undefined) {
      if (!password || !(await household.verifyMember(name, password.toString())))
        return BAD_USER_NAME_OR_PASSWORD;
    }
    const member = household.member(name);
    if (!member) return NOT_AUTHORIZED;
    if (client.id !== name && (member.role === "device" || household.member(client.id)))
      return IDENTIFIER_REJECTED;
    names.set(client, name);
    return undefined;
  }

  return {
    authenticate: (client, user, password, done) => {
      admit(client, user, password).then(
        (returnCode) => {
          if (returnCode === undefined) done(null, true);
          else done(refusal(returnCode), false);
        },
        () => done(refusal(NOT_AUTHORIZED), false),
      );
    },
    authorizePublish: (client, { topic }, done) =>
      done(mayPublish(rulesOf(client), topic) ? null : new Error(`must not publish to ${topic}`)),
    authorizeSubscribe: (client, subscription, done) =>
      done(null, maySubscribe(rulesOf(client), subscription.topic) ? subscription : null),
    // Sessions outlive connections: what was subscribed to with other rights is judged again.
    authorizeForward: (client, packet) => (mayReceive(rulesOf(client), packet.topic) ? packet : null),
  };
}

/** Common name of the client's certificate, where the connection asked for one. */
function certifiedName(socket: TLSSocket): string | undefined {
  if (!socket.authorized) return undefined;
  const { subject } = socket.getPeerCertificate();
  // Several common names: nobody of this household.
  return typeof subject?.CN === "string" ? subject.CN : "";
}

function refusal(returnCode: number): AuthenticateError {
  return Object.assign(new Error("refused"), { returnCode });
}
