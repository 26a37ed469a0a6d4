import { vi } from "vitest";
import { matrix } from "./matrix";

vi.mock("timer", () => import("../../support/real-timer"));

matrix({
  name: "3.1.1",
  version: 4,
  options: {},
  sessionOptions: {},
  brokers: ["mosquitto", "Aedes 2", "Aedes 1.2"],
});
