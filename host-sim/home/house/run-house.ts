import { once } from "node:events";
import { accessSync, constants, readFileSync, statSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { dirname } from "node:path";
import type { BrokerAddress } from "../broker/broker-address";
import { formatSocketAddress, type SocketAddress } from "../socket-address";
import { UsageError } from "../usage-error";
import { type Display, jsonDisplay, lineDisplay, tableDisplay } from "./display";
import { greeting } from "./greeting";
import { House, type HouseOptions } from "./house";
import { DEVICE_IDS } from "./house-device";
import { parseScenario } from "./scenario";
import type { Services, ServicesOptions } from "./services";

export interface RunOptions extends Omit<HouseOptions, "scenario" | "onEvent"> {
  /** ms; default until Ctrl-C. */
  readonly duration?: number | undefined;
  /** A scenario file. */
  readonly scenarioFile?: string | undefined;
  /** Events as JSON, one a line. */
  readonly json?: boolean | undefined;
  /** Where the report goes. */
  readonly reportFile?: string | undefined;
  /** Without app, trends and alerts. */
  readonly bare?: boolean | undefined;
  /** Of the app; 0 takes a free one. Default 8080, or a free one where that is taken, or where `port` is given. */
  readonly appPort?: number | undefined;
}

/** The part of `process` that the command needs. */
export type Terminal = Pick<NodeJS.Process, "stdout" | "on" | "off" | "exit">;

/**
 * `npm start` sends its own SIGINT to the process that has had the terminal's already: what comes so soon after the first
 * is the same key press, in ms.
 */
const SAME_KEY_PRESS = 300;

/**
 * Runs a house until its time is over or a signal comes, and writes the report.
 * @throws {UsageError} for what the person at the command line can put right
 */
export async function runHouse(options: RunOptions, terminal: Terminal = process): Promise<void> {
  const { scenarioFile, reportFile } = options;
  const scenario = scenarioFile === undefined ? [] : readScenario(scenarioFile);
  if (reportFile !== undefined) assertWritable(reportFile);
  const crash = scenario.find(({ action }) => action === "crash");
  if (crash && options.engine !== "xs")
    throw new UsageError(`${scenarioFile}:${crash.line}: "crash" needs --engine xs`);

  if (options.xsbug) await assertXsbug(options.xsbug, options.engine);

  let display: Display | undefined;
  const house = new House({ ...options, scenario, onEvent: (event) => display?.show(event) });
  display = createDisplay(options, terminal, house);
  const end = waitForEnd(terminal);
  // Loaded while the broker starts.
  const module = options.bare ? undefined : import("./services");
  let services: Services | undefined;
  try {
    // A signal while the house starts ends it as soon as it runs.
    await house.start(async ({ broker, webSocketURL }) => {
      const { household } = options;
      services = module && new (await module).Services(servicesOptions(options, broker, house, display));
      await services?.start();
      const app = services && {
        address: services.address,
        outside: services.outside,
        guestCode: services.guestCode,
      };
      display.start(greeting({ broker, webSocketURL, app, devices: DEVICE_IDS, household }));
      return { app: app?.address };
    });
    await end.after(options.duration);
  } finally {
    await services?.stop();
    await house.stop();
    end.dispose();
  }
  const report = house.report();
  if (reportFile !== undefined) writeFileSync(reportFile, `${JSON.stringify(report, undefined, 2)}\n`);
  const where = reportFile === undefined ? "" : `; report in ${reportFile}`;
  display.stop(`The house ran for ${(report.durationMs / 1_000).toFixed(1)} s, lost ${report.lost}${where}`);
}

/** Where web servers of houses are looked for first. */
const APP_PORT = 8080;

function servicesOptions(
  { household, port, appPort }: RunOptions,
  broker: BrokerAddress,
  house: House,
  display: Display,
): ServicesOptions {
  return {
    broker,
    household,
    port: appPort ?? (port === undefined ? APP_PORT : 0),
    // Nobody has asked for the default port: another one is better than no house.
    mayMove: appPort === undefined,
    onProblem: (service, text) => display.show({ time: house.view().time, event: "service", service, text }),
  };
}

function createDisplay(options: RunOptions, terminal: Terminal, house: House): Display {
  if (options.json) return jsonDisplay(terminal.stdout);
  if (!terminal.stdout.isTTY) return lineDisplay(terminal.stdout);
  return tableDisplay(terminal.stdout, () => house.view());
}

interface End {
  /** Resolves after `duration` ms, or with the first signal. */
  after(duration: number | undefined): Promise<void>;
  dispose(): void;
}

/** The first SIGINT or SIGTERM, or a closed pipe, ends the house cleanly; another one ends the process at once. */
function waitForEnd(terminal: Terminal): End {
  let firstSignal = Number.POSITIVE_INFINITY;
  let finish: () => void = () => {};
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const signals = ["SIGINT", "SIGTERM"] as const;
  function onSignal(signal: NodeJS.Signals): void {
    const now = performance.now();
    if (now - firstSignal > SAME_KEY_PRESS) terminal.exit(signal === "SIGINT" ? 130 : 143);
    firstSignal = Math.min(firstSignal, now);
    finish();
  }
  // `thimble house | head`
  const onOutputError = (): void => finish();
  for (const signal of signals) terminal.on(signal, onSignal);
  terminal.stdout.on("error", onOutputError);
  let timer: NodeJS.Timeout | undefined;
  return {
    after(duration) {
      if (duration !== undefined) timer = setTimeout(finish, duration);
      return finished;
    },
    dispose() {
      clearTimeout(timer);
      for (const signal of signals) terminal.off(signal, onSignal);
    },
  };
}

/** Without one the machines would run on unseen. */
async function assertXsbug(xsbug: SocketAddress, engine: string | undefined): Promise<void> {
  if (engine !== "xs") throw new UsageError("--xsbug needs --engine xs");
  const socket = connect(xsbug);
  try {
    await once(socket, "connect");
  } catch {
    const address = formatSocketAddress(xsbug);
    throw new UsageError(`no xsbug listens at ${address}: start one with npx thimble xsbug`);
  } finally {
    socket.destroy();
  }
}

function readScenario(file: string): ReturnType<typeof parseScenario> {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`cannot read the scenario ${file}: ${reason(error)}`);
  }
  return parseScenario(text, file, DEVICE_IDS);
}

/** Tells before the house has run for an hour, not after. */
function assertWritable(file: string): void {
  try {
    if (statSync(file, { throwIfNoEntry: false }) === undefined) accessSync(dirname(file), constants.W_OK);
    else accessSync(file, constants.W_OK);
    if (statSync(file, { throwIfNoEntry: false })?.isDirectory()) throw new Error("it is a directory");
  } catch (error) {
    throw new UsageError(`cannot write the report ${file}: ${reason(error)}`);
  }
}

/** `no such file or directory`, out of Node's `ENOENT: no such file or directory, open 'x'`. */
function reason(error: unknown): string {
  return (error as Error).message.replace(/^[A-Z]+: /, "").replace(/, \w+ '.*$/, "");
}
