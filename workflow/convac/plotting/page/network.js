// The lower half of the page: a network of the reader's choice, with its smallest cut and the bounds beside it.
"use strict";

const NETWORK = Object.fromEntries(
  ["rows", "columns", "geometry", "dimension", "widths", "partition", "inside", "mistake", "grid", "tree", "bounds", "cut"]
    .map(name => [name, document.getElementById(`network-${name}`)]),
);
const SIDES = 64;
const LARGEST = 1024;  // of dimensions
const OWN = "own choice";

// A whole number from a field; throws one line that names the field.
function whole(text, name, largest) {
  const number = Number(text);
  if (/^\d+$/.test(text.trim()) && number >= 1 && number <= largest) return number;
  throw new RangeError(`${name}: ${text.trim() || "nothing"}; accepted: a whole number from 1 to ${largest}`);
}

// The tree, dimensions and partition that the fields say; throws one line for what doesn't fit.
function chosenNetwork() {
  const rows = whole(NETWORK.rows.value, "rows", SIDES), columns = whole(NETWORK.columns.value, "columns", SIDES);
  if (rows * columns < 2) throw new RangeError("rows and columns: one site; accepted: at least 2 sites");
  const geometry = NETWORK.geometry.value;
  if (geometry === "mirror" && [rows, columns].some(side => side & (side - 1))) {
    throw new RangeError(`geometry: mirror doesn't fit ${rows} × ${columns} sites; accepted: sides of 1, 2, 4, 8, …`);
  }
  const tree = poolingTree(geometry, rows, columns), levels = tree.windows.length;
  const localDimension = whole(NETWORK.dimension.value, "M", LARGEST);
  const given = NETWORK.widths.value.split(",").map(text => whole(text, "widths", LARGEST));
  if (given.length !== 1 && given.length !== levels) {
    throw new RangeError(`widths: ${given.length} numbers; accepted: one, or one for each of ${levels} levels`);
  }
  const widths = given.length === levels ? given : Array(levels).fill(given[0]);
  return {tree, localDimension, widths, mask: chosenMask(rows, columns)};
}

// I as a mask: the named partition, or the sites that the field lists.
function chosenMask(rows, columns) {
  if (NETWORK.partition.value !== OWN) {
    const mask = namedMask(NETWORK.partition.value, rows, columns);
    if (!mask.includes(true) || !mask.includes(false)) {
      throw new RangeError(`partition: ${NETWORK.partition.value} leaves one side of ${rows} × ${columns} sites empty`);
    }
    return mask;
  }
  const sites = rows * columns, mask = Array(sites).fill(false);
  for (const text of NETWORK.inside.value.split(",").filter(text => text.trim())) {
    const site = Number(text);
    if (!/^\d+$/.test(text.trim()) || site >= sites) {
      throw new RangeError(`sites of I: ${text.trim()}; accepted: numbers from 0 to ${sites - 1}, with commas between them`);
    }
    mask[site] = true;
  }
  if (!mask.includes(true) || !mask.includes(false)) {
    throw new RangeError("sites of I: all or none; accepted: at least one site, and not all");
  }
  return mask;
}

// The bounds by name: value, and for what they hold.
function boundsOf({tree, localDimension, widths, mask}) {
  const parts = subPartitions(tree, mask), cut = smallestCut(tree, localDimension, widths, mask, together, parts);
  return {cut, bounds: [
    ["any function of these sites", "≤", trivialBound(localDimension, mask)],
    ["min-cut", "≤", cut.value],
    ["min-cut, weights shared over positions", "≤", symmetricCut(tree, localDimension, widths, mask, parts)],
    ["rounded min-cut, weights per location", "≥", roundedCut(tree, localDimension, widths, mask, parts)],
    ["split windows, almost all weights", "≥", splitWindows(tree, localDimension, widths, mask)],
  ]};
}

function cutInWords(bonds) {
  const counts = new Map();
  for (const {kind, level, dimension} of bonds) {
    const name = kind === "site" ? `site of ${dimension}` : `level ${level}, width ${dimension}`;
    counts.set(name, (counts.get(name) || 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} × ${name}`).join("; ");
}

function showNetwork(focused = null) {
  let network;
  try {
    network = chosenNetwork();
    NETWORK.mistake.textContent = "";
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    NETWORK.mistake.textContent = error.message;
    return;
  }
  const {tree, mask, localDimension, widths} = network, {cut, bounds} = boundsOf(network);
  if (NETWORK.partition.value !== OWN) NETWORK.inside.value = upTo(mask.length).filter(site => mask[site]).join(", ");
  const rows = bounds.map(([name, sign, value]) => tableRow([name, sign, readable(value), logarithm(value).toFixed(3)]));
  NETWORK.bounds.replaceChildren(...rows);
  const value = powers(cut.bonds.map(bond => bond.dimension));
  NETWORK.cut.textContent = `The smallest cut is ${value}: ${cutInWords(cut.bonds)}.`;
  NETWORK.grid.replaceChildren(sitesGrid(tree, mask, toggle));
  const width = Math.max(280, NETWORK.tree.clientWidth);
  NETWORK.tree.replaceChildren(treeDrawing(tree, mask, localDimension, widths, cut.bonds, width, 360));
  if (focused !== null) moveTo([...NETWORK.grid.querySelectorAll("button")], focused);
}

// Move a site into I or out of it.
function toggle(site) {
  const {mask} = chosenNetwork();
  mask[site] = !mask[site];
  NETWORK.partition.value = OWN;
  NETWORK.inside.value = upTo(mask.length).filter(one => mask[one]).join(", ");
  showNetwork(site);
}

function startNetwork() {
  fill(NETWORK.geometry, Object.keys(GEOMETRIES), "square");
  fill(NETWORK.partition, [...Object.keys(PARTITIONS), OWN], "left-right");
  for (const name of ["rows", "columns", "dimension", "widths"]) {
    NETWORK[name].addEventListener("input", () => showNetwork());
  }
  for (const name of ["geometry", "partition"]) NETWORK[name].addEventListener("change", () => showNetwork());
  NETWORK.inside.addEventListener("input", () => {
    NETWORK.partition.value = OWN;
    showNetwork();
  });
  window.addEventListener("resize", () => showNetwork());
  showNetwork();
}

startNetwork();
