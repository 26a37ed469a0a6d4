import type { ResolvedManifest } from "./resolved-manifest";

/**
 * Reads a firmware manifest with its includes for one platform.
 * Includes of the Moddable SDK (`$(MODDABLE)/...`) are not read: they stand for the specifiers listed in `sdk-includes.ts`.
 * @param path - absolute or relative to the working directory, for example `manifests/thermometer/manifest.json`
 * @param options.platform - `esp32` by default
 * @throws {ManifestError} naming file and line when a file is missing, is not JSON, or includes something unknown
 */
export function readManifest(_path: string, _options: { platform?: string } = {}): ResolvedManifest {
  throw new Error("not written yet");
}
