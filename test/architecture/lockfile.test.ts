import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

interface LockedPackage {
  readonly version?: string;
  readonly resolved?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), "utf8"));
const { packages } = read("package-lock.json") as { packages: Readonly<Record<string, LockedPackage>> };
const manifest = read("package.json") as Record<"dependencies" | "devDependencies", Record<string, string>>;

describe("package-lock.json", () => {
  it("has every optional package of every other, or npm ci refuses: a lock made on one platform lacks those of others", () => {
    const missing = Object.values(packages).flatMap(({ optionalDependencies = {} }) =>
      Object.keys(optionalDependencies).filter(
        (name) => !Object.keys(packages).some((path) => path.endsWith(`node_modules/${name}`)),
      ),
    );
    expect(missing).toEqual([]);
    const unversioned = Object.keys(packages).filter((path) => path !== "" && !packages[path]?.version);
    expect(unversioned).toEqual([]);
  });

  it("names no registry's address", () => {
    expect(Object.keys(packages).filter((path) => packages[path]?.resolved)).toEqual([]);
  });
});

describe("package.json", () => {
  it("pins every version", () => {
    const versions = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    expect(versions.filter(([, version]) => !/^(npm:.+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual(
      [],
    );
  });
});
