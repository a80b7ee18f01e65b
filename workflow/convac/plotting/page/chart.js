// A chart of points as a Vega-Lite specification.
"use strict";

const PALETTE = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#000000"];  // that of the figures
const DASHES = [[1, 0], [6, 3], [2, 2]];
const PANELS = 12;
const MANY = 2000;  // points beyond which a canvas is drawn, no SVG

// Sizes in pixels; `chosen` has the names of quantity, x, colour and panel, and whether axes are logarithmic.
function specification(points, chosen, numeric, width, height) {
  const panels = [...new Set(points.map(point => point.panel))].sort(inOrder);
  const colours = [...new Set(points.map(point => point.colour))].sort(inOrder);
  const across = chosen.panel ? Math.max(1, Math.min(panels.length, Math.floor(width / 300))) : 1;
  const shown = points.filter(point => panels.indexOf(point.panel) < PANELS);
  const ticks = numeric ? {tickCount: Math.ceil(width / across / 110)} : {};
  const x = {
    field: "x", type: numeric ? "quantitative" : "nominal", title: chosen.x || null,
    scale: numeric ? {type: chosen.logX ? "log" : "linear", zero: false} : {}, sort: null,
    axis: {labelLimit: 110, grid: false, labelOverlap: true, ...ticks},
  };
  const scale = {type: chosen.logY ? "log" : "linear", zero: false};
  const y = (field, title) => ({field, type: "quantitative", title, scale, axis: {format: ".6~g"}});
  const style = chosen.colour ? {
    color: {field: "colour", sort: colours, title: chosen.colour,
            scale: {domain: colours, range: colours.map((_, at) => PALETTE[at % PALETTE.length])}},
  } : {color: {value: PALETTE[0]}};
  const dashed = colours.length > PALETTE.length ? {strokeDash: {field: "colour", sort: colours, title: chosen.colour,
    scale: {domain: colours, range: colours.map((_, at) => DASHES[Math.floor(at / PALETTE.length) % DASHES.length])}}} : {};
  const told = ["x", "colour", "panel", "mean", "low", "high", "rows"].filter(name => chosen[name] !== "");
  const tooltip = told.map(field => ({field, title: chosen[field] || field}));
  const layer = [
    {mark: {type: "point", filled: true, size: 26}, encoding: {y: y("mean", chosen.quantity), tooltip}},
  ];
  const range = {y: y("low", chosen.quantity), y2: {field: "high"}};
  if (!chosen.apart) layer.unshift({mark: {type: "rule", opacity: 0.45}, encoding: range});
  if (numeric && !chosen.apart) layer.unshift({mark: "line", encoding: {y: y("mean", chosen.quantity), ...dashed}});
  const inner = {width: Math.floor(width / across) - 85, height, layer, encoding: {x, ...style}};
  const whole = chosen.panel
    ? {facet: {field: "panel", title: chosen.panel, sort: panels}, columns: across, spec: inner}
    : inner;
  return {
    description: `${chosen.quantity} by ${chosen.x || "nothing"}, ${shown.length} points`,
    data: {values: shown},
    config: {font: "system-ui, sans-serif", legend: {orient: "bottom", columns: 4, labelLimit: 220},
             axis: {labelFontSize: 12, titleFontSize: 13, titleFontWeight: "normal"}, view: {stroke: "#ddd"}},
    ...whole,
  };
}
