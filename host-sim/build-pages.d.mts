/**
 * Bundles the pages of the house's services.
 * @param outdir - absolute; each part gets a folder of its own there
 */
export function buildPages(outdir: string): Promise<void>;

/** Writes a file so that it is there whole or not at all. */
export function replace(path: string, contents: Uint8Array | string, mode?: number): Promise<void>;
