import { expect, test } from "vitest";
import { formatBrokerAddress, parseBrokerAddress } from "../../../host-sim/home/broker/broker-address";

test.each([
  ["mqtt://localhost", { host: "localhost", port: 1883 }],
  ["mqtt://10.0.0.7:1884", { host: "10.0.0.7", port: 1884 }],
  ["tcp://broker.lan/", { host: "broker.lan", port: 1883 }],
  ["mqtt://[::1]:1883", { host: "::1", port: 1883 }],
  ["mqtts://broker.lan", { host: "broker.lan", port: 8883, protocol: "mqtts" }],
  ["ssl://broker.lan:8884", { host: "broker.lan", port: 8884, protocol: "mqtts" }],
  ["ws://broker.lan:8083/mqtt", { host: "broker.lan", port: 8083, protocol: "ws", path: "/mqtt" }],
  ["wss://broker.lan", { host: "broker.lan", port: 443, protocol: "wss" }],
  ["mqtt://anna:p%40ss@host", { host: "host", port: 1883, user: "anna", password: "p@ss" }],
])("%s is understood", (text, address) => {
  expect(parseBrokerAddress(text)).toEqual(address);
});

test.each([
  ["localhost", '"localhost" is not a broker address: write mqtt://host:port, or mqtts, ws, wss'],
  ["localhost:1883", 'broker address with "localhost://": write mqtt://host:port, or mqtts, ws, wss'],
  ["http://host", 'broker address with "http://": write mqtt://host:port, or mqtts, ws, wss'],
  ["mqtt://host:0", "broker address with port 0: a port is 1 to 65535"],
  ["mqtt://host/home", "broker address with more than host and port: write mqtt://host:port"],
])("%s is refused", (text, message) => {
  expect(() => parseBrokerAddress(text)).toThrow(message);
});

test("an address is printed without its credentials", () => {
  expect(formatBrokerAddress(parseBrokerAddress("mqtt://anna:secret@[::1]:1884"))).toBe("mqtt://[::1]:1884");
});

test("of one over WebSocket the path too", () => {
  expect(formatBrokerAddress(parseBrokerAddress("wss://host/mqtt"))).toBe("wss://host:443/mqtt");
});
