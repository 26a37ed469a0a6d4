import { lookup as lookupName } from "node:dns";
import { BlockList, isIP, type LookupFunction } from "node:net";

/**
 * Push endpoints come from browsers, so from strangers: without this, somebody who may subscribe could make the service POST to
 * addresses that only it can reach (SSRF). Names are looked at again when they have been resolved, at each connection, so a name that
 * changes its address after the check (DNS rebinding) does not help.
 */
const PRIVATE: BlockList = new BlockList();
for (const [address, bits] of [
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8],
  ["100.64.0.0", 10], // shared with the provider
  ["127.0.0.0", 8],
  ["169.254.0.0", 16], // link local; clouds' metadata
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16],
  ["198.18.0.0", 15], // benchmarks
  ["198.51.100.0", 24],
  ["203.0.113.0", 24],
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4],
] as const)
  PRIVATE.addSubnet(address, bits, "ipv4");

/** Of IPv6 only what is assigned to the public, without what leads back to IPv4 or nowhere. */
const PUBLIC_6: BlockList = new BlockList();
PUBLIC_6.addSubnet("2000::", 3, "ipv6");
const PRIVATE_6: BlockList = new BlockList();
for (const [address, bits] of [
  ["2001::", 23], // Teredo and other special purposes
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4
  ["3fff::", 20], // documentation
] as const)
  PRIVATE_6.addSubnet(address, bits, "ipv6");

const LOOPBACK: BlockList = new BlockList();
LOOPBACK.addSubnet("127.0.0.0", 8, "ipv4");
LOOPBACK.addAddress("::1", "ipv6");

const MAXIMUM_ENDPOINT = 2_048;

/** What push endpoints are allowed. */
export interface EndpointPolicy {
  /** Also http and https on this machine, for tests; default false. */
  readonly loopback?: boolean | undefined;
}

/** Whether a push message may go to this address. */
export function isAllowedAddress(address: string, { loopback = false }: EndpointPolicy): boolean {
  const family = isIP(address);
  if (family === 0) return false;
  const type = family === 6 ? "ipv6" : "ipv4";
  // The block list also finds IPv4 addresses that are written as IPv6, ::ffff:127.0.0.1.
  if (LOOPBACK.check(address, type)) return loopback;
  if (family === 4) return !PRIVATE.check(address);
  return PUBLIC_6.check(address, type) && !PRIVATE_6.check(address, type);
}

/** @returns why a push endpoint is refused; never the endpoint itself */
export function refuseEndpoint(endpoint: string, policy: EndpointPolicy): string | undefined {
  if (endpoint.length > MAXIMUM_ENDPOINT)
    return `the endpoint has ${endpoint.length} characters, more than ${MAXIMUM_ENDPOINT}`;
  if (!URL.canParse(endpoint)) return "the endpoint is not a URL";
  const { protocol, hostname, username, password, hash } = new URL(endpoint);
  if (username !== "" || password !== "" || hash !== "") return "the endpoint has a user or a fragment";
  const host = hostname.replace(/^\[(.*)\]$/, "$1");
  const isTest = policy.loopback === true && isThisMachine(host);
  if (protocol !== "https:" && !(isTest && protocol === "http:")) return "the endpoint is not an https URL";
  return isTest || isPublic(host) ? undefined : "the endpoint's host is not a public one";
}

function isThisMachine(host: string): boolean {
  const family = isIP(host);
  return family === 0 ? host === "localhost" : LOOPBACK.check(host, family === 6 ? "ipv6" : "ipv4");
}

/** Of a name only what it says of itself: what it leads to is seen when it is resolved. */
function isPublic(host: string): boolean {
  if (isIP(host) !== 0) return isAllowedAddress(host, {});
  return host.includes(".") && !host.endsWith(".localhost");
}

/** Resolves names for connections, and fails for those that lead to private addresses. */
export function guardedLookup(policy: EndpointPolicy): LookupFunction {
  return (hostname, options, callback) => {
    lookupName(hostname, { ...options, all: true }, (error, addresses) => {
      if (error) return callback(error, "", 0);
      const allowed = addresses.filter(({ address }) => isAllowedAddress(address, policy));
      const [first] = allowed;
      if (!first) return callback(new Error("the push service's address is private"), "", 0);
      if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}
