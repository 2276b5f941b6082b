// What the page uses of others' work; esbuild makes one file of it: see "make vendor".
import "slickgrid/dist/styles/css/slick.grid.css";
import "uplot/dist/uPlot.min.css";

export { SlickGrid } from "slickgrid";
export { default as uPlot } from "uplot";
