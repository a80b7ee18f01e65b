// The upper half of the page: charts of the tidy tables.
"use strict";

const CHART = Object.fromEntries(
  ["experiment", "quantity", "x", "colour", "panel", "apart", "log-x", "log-y"]
    .concat(["filters", "meaning", "chart", "told", "points"])
    .map(name => [name, document.getElementById(name)]),
);
const FIRST = "pooling_geometry";  // where it is there
const EMBEDDED = {mode: "vega-lite", actions: {export: true, source: false, compiled: false, editor: false}};
const WORDS = 60;  // values of a column up to which a filter is a list
// columns that readers mostly compare
const TELLING = ["network", "geometry", "task", "weights", "ensemble", "depth", "kernel", "objective", "method", "condition"];
let drawing = 0;  // number of the latest drawing: an earlier one that ends late is dropped

function fill(select, values, chosen, first = []) {
  select.replaceChildren(...first, ...values.map(value => new Option(value, value, false, value === chosen)));
}

// Columns for x, colour and panels that a reader may want first.
function proposed(columns) {
  const names = [...columns.keys()].filter(name => name !== "seed");
  const numeric = names.filter(name => isNumeric(columns.get(name)));
  const size = name => columns.get(name).includes(null) ? 0 : columns.get(name).length;  // none has no place on an axis
  const placed = numeric.filter(size).sort((one, other) => size(other) - size(one));
  const words = names.find(name => TELLING.includes(name)) || names[0] || "";
  const x = numeric.includes("step") ? "step" : placed[0] || words;
  const few = names.filter(name => name !== x && columns.get(name).length <= PALETTE.length);
  few.sort((one, other) => TELLING.includes(other) - TELLING.includes(one));
  return {x, colour: few[0] || "", panel: few[1] || ""};
}

function isSetting(name, columns) {
  return !["seed", "draw"].includes(name) && columns.get(name).length <= WORDS;
}

// Filters without which a point would average rows that aren't alike: of every such column its most frequent value.
// Seeds, and columns with more values than a list has, tell repetitions apart.
function alike(table, rows, axes, columns) {
  const filters = {};
  for (;;) {
    const left = filtered(table, rows, filters, new Set());
    const column = averaged(table, left, axes).find(name => !(name in filters) && isSetting(name, columns));
    if (!column) return filters;
    const counts = new Map();
    for (const row of left) counts.set(label(table, column, row), (counts.get(label(table, column, row)) || 0) + 1);
    filters[column] = named([...counts].reduce((one, other) => other[1] >= one[1] ? other : one)[0]);
  }
}

async function chooseExperiment() {
  const table = await unpacked(CHART.experiment.value);
  const quantities = [...table.labels.quantity.values].sort(inOrder);
  const usual = ["test_accuracy", "rank", "entropy", "block_rank", "start_end_rank"].find(name => quantities.includes(name));
  fill(CHART.quantity, quantities, quantities.includes(CHART.quantity.value) ? CHART.quantity.value : usual);
  await chooseQuantity();
}

async function chooseQuantity() {
  const table = await unpacked(CHART.experiment.value);
  const rows = rowsOf(table, CHART.quantity.value), columns = varying(table, rows);
  const first = proposed(columns), names = [...columns.keys()];
  const filters = alike(table, rows, [first.x, first.colour, first.panel], columns);
  for (const axis of ["x", "colour", "panel"]) fill(CHART[axis], names, first[axis], [new Option("none", "")]);
  CHART.filters.replaceChildren(...[...columns].map(([name, values]) => filter(name, values, filters[name] ?? "")));
  CHART.meaning.textContent = MEANINGS.quantities[CHART.quantity.value] || "";
  await draw();
}

function filter(name, values, chosen) {
  const listed = values.length <= WORDS;
  const field = document.createElement(listed ? "select" : "input");
  field.name = name;
  if (listed) fill(field, values.map(named), chosen, [new Option("all", "")]);
  else Object.assign(field, {value: chosen, placeholder: isNumeric(values) ? "3, or 2..8" : "part of it"});
  field.addEventListener(listed ? "change" : "input", draw);
  const label = document.createElement("label");
  label.title = MEANINGS.columns[name] || "";
  label.append(name, field);
  return label;
}

async function draw() {
  const mine = ++drawing, table = await unpacked(CHART.experiment.value);
  const chosen = {
    quantity: CHART.quantity.value, x: CHART.x.value, colour: CHART.colour.value, panel: CHART.panel.value,
    apart: CHART.apart.checked, logX: CHART["log-x"].checked, logY: CHART["log-y"].checked,
  };
  const fields = [...CHART.filters.querySelectorAll("select, input")];
  const free = new Set(fields.filter(field => field.tagName === "INPUT").map(field => field.name));
  const filters = Object.fromEntries(fields.map(field => [field.name, field.value.trim()]));
  const rows = filtered(table, rowsOf(table, chosen.quantity), filters, free);
  const axes = [chosen.x, chosen.colour, chosen.panel];
  const xs = chosen.x ? varying(table, rowsOf(table, chosen.quantity)).get(chosen.x) : [];
  const numeric = isNumeric(xs) && xs.length > 0;
  const all = gathered(table, rows, axes, chosen.apart).sort((one, other) => inOrder(one.x, other.x));
  const points = all.filter(point => fits(point, chosen, numeric));
  tell(table, rows, axes, chosen, points, all.length - points.length);
  const width = CHART.chart.clientWidth, height = chosen.panel ? 210 : 340;
  const place = points.length ? document.createElement("div") : "No row that passes the filters has a place on these axes.";
  const options = {...EMBEDDED, renderer: points.length > MANY ? "canvas" : "svg"};
  if (points.length) await vegaEmbed(place, specification(points, chosen, numeric, width, height), options);
  if (mine === drawing) CHART.chart.replaceChildren(place);
}

// Whether a point has a place on the axes: a logarithm takes what is positive, and numbers have no place for none.
function fits(point, chosen, numeric) {
  if (numeric && (point.x === null || (chosen.logX && point.x <= 0))) return false;
  return !chosen.logY || point.low > 0;
}

function tell(table, rows, axes, chosen, points, lost) {
  const over = chosen.apart ? [] : averaged(table, rows, axes);
  const panels = new Set(points.map(point => point.panel)).size;
  const sentences = [`${rows.length} rows, ${points.length} points.`];
  if (over.length) {
    sentences.push(`A point is the mean of rows that differ in ${over.join(", ")}; its line ends at the least and the greatest.`);
  }
  if (lost) sentences.push(`${lost} points have no place on these axes.`);
  if (panels > PANELS) sentences.push(`The first ${PANELS} of ${panels} panels are drawn.`);
  CHART.told.textContent = sentences.join(" ");
  const heads = ["x", "colour", "panel"].filter(axis => chosen[axis]), numbers = ["mean", "low", "high", "rows"];
  const body = points.slice(0, 500).map(point => tableRow([...heads, ...numbers].map(name => named(point[name]))));
  CHART.points.replaceChildren(tableRow([...heads.map(axis => chosen[axis]), ...numbers], "th"), ...body);
}

function startData() {
  document.getElementById("source").textContent = MEANINGS.source;
  fill(CHART.experiment, MEANINGS.experiments, FIRST);
  CHART.experiment.addEventListener("change", chooseExperiment);
  CHART.quantity.addEventListener("change", chooseQuantity);
  for (const name of ["x", "colour", "panel", "apart", "log-x", "log-y"]) CHART[name].addEventListener("change", draw);
  let width = CHART.chart.clientWidth;
  window.addEventListener("resize", () => {
    if (CHART.chart.clientWidth === width) return;
    width = CHART.chart.clientWidth;
    draw();
  });
  return chooseExperiment();
}

startData();
