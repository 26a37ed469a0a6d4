import { expect, test } from "vitest";
import { formatBrokerAddress, parseBrokerAddress } from "../../host-sim/home/broker-address";

test.each([
  ["mqtt://localhost", { host: "localhost", port: 1883 }],
  ["mqtt://10.0.0.7:1884", { host: "10.0.0.7", port: 1884 }],
  ["tcp://broker.lan/", { host: "broker.lan", port: 1883 }],
  ["mqtt://[::1]:1883", { host: "::1", port: 1883 }],
  ["mqtt://anna:p%40ss@host", { host: "host", port: 1883, user: "anna", password: "p@ss" }],
])("%s is understood", (text, address) => {
  expect(parseBrokerAddress(text)).toEqual(address);
});

test.each([
  ["localhost", '"localhost" is not a broker address: write mqtt://host:port'],
  ["localhost:1883", 'broker address with "localhost://": write mqtt://host:port'],
  ["mqtts://host", 'broker address with "mqtts://": write mqtt://host:port'],
  ["mqtt://host:0", "broker address with port 0: a port is 1 to 65535"],
  ["mqtt://host/home", "broker address with more than host and port: write mqtt://host:port"],
])("%s is refused", (text, message) => {
  expect(() => parseBrokerAddress(text)).toThrow(message);
});

test("an address is printed without its credentials", () => {
  expect(formatBrokerAddress(parseBrokerAddress("mqtt://anna:secret@[::1]:1884"))).toBe("mqtt://[::1]:1884");
});
