import { expect, test } from "vitest";
import { formatSocketAddress, parseSocketAddress } from "../../host-sim/home/socket-address";

test.each([
  ["localhost:5002", { host: "localhost", port: 5002 }],
  ["5002", { host: "localhost", port: 5002 }],
  ["[::1]:80", { host: "::1", port: 80 }],
])("%s is an address", (text, address) => {
  expect(parseSocketAddress(text)).toEqual(address);
});

test.each(["", "localhost", "localhost:", "localhost:0", "localhost:65536", "a b:1", "::1:80"])(
  "'%s' is refused by its text",
  (text) => {
    expect(() => parseSocketAddress(text)).toThrow(
      `"${text}" is not an address: write host:port, a port from 1 to 65535`,
    );
  },
);

test("an address is printed as it is read", () => {
  for (const text of ["localhost:5002", "[::1]:80"])
    expect(formatSocketAddress(parseSocketAddress(text))).toBe(text);
});
