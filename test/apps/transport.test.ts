import { describe, expect, it } from "vitest";
import { loadFirmware } from "../../host-sim/firmware";

const SECURE = ["device/apps/board-date", "device/client/transports/tls-transport"];

describe.each(["thermometer", "light", "camera"])("the firmware %s", (name) => {
  it("carries no byte of TLS, nor of what the date is for", async () => {
    const { modules, platformSpecifiers } = await loadFirmware(name);
    expect(modules.get("device/apps/transport")?.file).toBe("device/apps/transport.ts");
    for (const specifier of SECURE) expect(modules.has(specifier)).toBe(false);
    expect(platformSpecifiers?.has("embedded:io/socket/tcp/tls")).toBe(false);
  });

  it("is the same program with TLS: one module is another, and what that one needs", async () => {
    const plain = await loadFirmware(name);
    const secure = await loadFirmware(`${name}-tls`);
    expect(secure.modules.get("device/apps/transport")?.file).toBe("device/apps/secure-transport.ts");
    const added = [...secure.modules.keys()].filter((specifier) => !plain.modules.has(specifier));
    expect(added.sort()).toEqual([...SECURE, "device/client/transports/transport-error"].sort());
    expect([...plain.modules.keys()].filter((specifier) => !secure.modules.has(specifier))).toEqual([]);
    expect(secure.main).toBe(plain.main);
    expect([plain.config.port, secure.config.port]).toEqual([1883, 8883]);
  });

  it("finds the same in either transport", async () => {
    const [plain, secure] = await Promise.all([loadFirmware(name), loadFirmware(`${name}-tls`)]);
    const exported = ({ modules }: typeof plain): string[] =>
      [...(modules.get("device/apps/transport")?.source.source.matchAll(/^export \{([^}]*)\}/gm) ?? [])]
        .flatMap((match) => match[1]!.split(",").map((text) => text.trim()))
        .filter((text) => text !== "");
    expect(exported(plain).sort()).toEqual(["PORT", "prepare", "socketOptions"]);
    expect(exported(secure).sort()).toEqual(["PORT", "prepare", "socketOptions"]);
  });
});
