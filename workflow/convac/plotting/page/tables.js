// Tidy tables: unpacked, narrowed by filters, gathered into the points of a chart.
"use strict";

const MEANINGS = JSON.parse(document.getElementById("meanings").textContent);
const UNPACKED = new Map();

// An experiment's table: `values`, and `labels` with the distinct values and the codes of every column.
async function unpacked(experiment) {
  if (!UNPACKED.has(experiment)) {
    const code = document.getElementById(`table-${experiment}`).textContent;
    const bytes = Uint8Array.from(atob(code), sign => sign.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    UNPACKED.set(experiment, await new Response(stream).json());
  }
  return UNPACKED.get(experiment);
}

// What a row says in a column; null where it says nothing.
function label(table, column, row) {
  const code = table.labels[column].codes[row];
  return code < 0 ? null : table.labels[column].values[code];
}

// The numbers of the rows of a quantity.
function rowsOf(table, quantity) {
  const {values, codes} = table.labels.quantity, wanted = values.indexOf(quantity);
  return [...codes.keys()].filter(row => codes[row] === wanted);
}

// Columns that differ among some rows, with their distinct values in order, numbers first.
function varying(table, rows) {
  const found = new Map();
  for (const [name, {values, codes}] of Object.entries(table.labels)) {
    const own = new Set(rows.map(row => codes[row]));
    if (own.size > 1 && name !== "quantity") {
      found.set(name, [...own].map(code => code < 0 ? null : values[code]).sort(inOrder));
    }
  }
  return found;
}

function inOrder(one, other) {
  const numbers = typeof one === "number" && typeof other === "number";
  return numbers ? one - other : String(one).localeCompare(String(other), "en", {numeric: true});
}

function isNumeric(values) {
  return values.every(value => value === null || typeof value === "number");
}

// What a value is called; rows that say nothing in a column have a value of their own.
function named(value) {
  return value === null || value === "" ? "–" : String(value);
}

// Whether a label passes a filter's text: `3..8`, a value, or a part of one; no text passes all.
function passes(value, text) {
  const range = /^(-?[\d.e+-]*?)\.\.(-?[\d.e+-]*)$/i.exec(text);
  if (!text) return true;
  if (typeof value === "string") return value.includes(text);
  if (!range || typeof value !== "number") return named(value) === text;
  const [low, high] = [range[1] || -Infinity, range[2] || Infinity].map(Number);
  return value >= low && value <= high;
}

// A row of a table on the page.
function tableRow(texts, kind = "td") {
  const row = document.createElement("tr");
  row.append(...texts.map(text => Object.assign(document.createElement(kind), {textContent: text})));
  return row;
}

// The rows that pass every filter; a filter is a value's name, or a text that it passes where `free` has the column.
function filtered(table, rows, filters, free) {
  let left = rows;
  for (const [column, text] of Object.entries(filters)) {
    if (!text || !table.labels[column]) continue;
    const {values, codes} = table.labels[column];
    const right = value => free.has(column) ? passes(value, text) : named(value) === text;
    const allowed = new Set(values.map((value, code) => right(value) ? code : null));
    if (right(null)) allowed.add(-1);
    left = left.filter(row => allowed.has(codes[row]));
  }
  return left;
}

// The points of a chart: rows with equal labels on its axes together, their mean, least and greatest value.
function gathered(table, rows, axes, apart) {
  const groups = new Map();
  for (const row of rows) {
    const value = Number(table.values[row]);
    if (!Number.isFinite(value)) continue;
    const labels = axes.map(column => column ? label(table, column, row) : null);
    const key = apart ? row : JSON.stringify(labels);
    const group = groups.get(key) || {labels, rows: 0, sum: 0, low: Infinity, high: -Infinity};
    group.rows += 1;
    group.sum += value;
    group.low = Math.min(group.low, value);
    group.high = Math.max(group.high, value);
    groups.set(key, group);
  }
  return [...groups.values()].map(({labels, rows, sum, low, high}) => ({
    x: labels[0], colour: named(labels[1]), panel: named(labels[2]), mean: rows === 1 ? low : sum / rows, low, high, rows,
  }));
}

// Columns that differ between rows which one point averages: an average over these is the reader's choice.
function averaged(table, rows, axes) {
  const others = [...varying(table, rows).keys()].filter(column => !axes.includes(column));
  const first = new Map(), found = new Set();
  for (const row of rows) {
    const key = JSON.stringify(axes.map(column => column ? table.labels[column].codes[row] : null));
    if (!first.has(key)) first.set(key, row);
    for (const column of others) {
      if (table.labels[column].codes[row] !== table.labels[column].codes[first.get(key)]) found.add(column);
    }
  }
  return [...found];
}
