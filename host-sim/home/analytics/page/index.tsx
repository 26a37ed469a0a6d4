import { render } from "preact";
import { TrendsPage } from "./trends-page";
import "uplot/dist/uPlot.min.css";
import "./index.css";

const element = document.getElementById("app");
if (element) render(<TrendsPage />, element);
