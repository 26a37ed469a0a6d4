import { render } from "preact";
import "./index.css";
import { LogPage } from "./log-page";

const root = document.getElementById("log");
if (root) render(<LogPage />, root);
