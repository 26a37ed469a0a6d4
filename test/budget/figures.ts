import { Engine } from "../../host-sim/xs/engine";
import { APPS, appFigures } from "./app-figures";
import { bytecodeFigures } from "./bytecode-figures";
import { clientFigures, type Figures, MQTT_CLIENT, RELIABLE_CLIENT } from "./client-figures";
import { link, type Patches, sources } from "./firmware";

export type { Figures } from "./client-figures";

export interface MeasureOptions {
  /** Of the repository. */
  readonly directory: string;
  /** Called before each part. */
  readonly progress?: (what: string) => void;
  /** Sources in place of those on disk, for the clients' figures. */
  readonly patches?: Patches;
}

/** Costs and memory of the clients. */
export async function measureClients(options: MeasureOptions): Promise<Figures> {
  const engine = await Engine.load();
  const modules = sources(options.directory, options.patches);
  const figures: Figures = {};
  for (const scenario of [MQTT_CLIENT, RELIABLE_CLIENT]) {
    options.progress?.(scenario.scene);
    Object.assign(figures, clientFigures(link(engine, modules, scenario.scene), scenario));
  }
  return figures;
}

/** All figures, exact: another run, another machine, another compiler of the engine give the same. */
export async function measure(options: MeasureOptions): Promise<Figures> {
  const figures = await measureClients(options);
  options.progress?.("bytecode");
  const engine = await Engine.load();
  Object.assign(figures, bytecodeFigures(engine, sources(options.directory), options.directory));
  for (const app of APPS) {
    options.progress?.(app);
    Object.assign(figures, await appFigures(app));
  }
  return figures;
}
