import { buildEngine } from "../../host-sim/xs/build";

/** Before any test waits for it. */
export default async function setup(): Promise<void> {
  await buildEngine();
}
