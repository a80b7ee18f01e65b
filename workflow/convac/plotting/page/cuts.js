// Pooling trees, partitions and smallest cuts, as the library has them (geometry/trees.py, geometry/partitions.py,
// entanglement/sub_partitions.py and entanglement/mincut.py); dimensions and cuts are BigInt, exact at any size.
"use strict";

function primeFactors(number) {
  const factors = [];
  for (let divisor = 2; number > 1; divisor++) {
    while (number % divisor === 0) {
      factors.push(divisor);
      number /= divisor;
    }
  }
  return factors;
}

const upTo = count => [...Array(count).keys()];

// Positions that merge along an axis at one level, by geometry: a list for each position of a window.
const GEOMETRIES = {
  square: (length, factor) => upTo(factor).map(offset => upTo(length / factor).map(at => offset + at * factor)),
  mirror: (length, factor) => factor === 1
    ? [upTo(length)]
    : [upTo(length / 2), upTo(length / 2).map(at => length - 1 - at)],
  line: null,
  dilated: (length, factor) => upTo(factor).map(part => upTo(length / factor).map(at => part * length / factor + at)),
};

// A tree over rows × columns of sites: its `order` and `windows`; one row is a line.
function poolingTree(geometry, rows, columns) {
  const down = primeFactors(rows), across = primeFactors(columns);
  const levels = upTo(Math.max(down.length, across.length)).map(level => [down[level] || 1, across[level] || 1]);
  const windows = levels.map(([high, wide]) => high * wide);
  if (!GEOMETRIES[geometry]) return {rows, columns, windows, order: upTo(rows * columns)};
  let grid = upTo(rows).map(row => upTo(columns).map(column => [row * columns + column]));
  for (const [high, wide] of levels) {
    const beside = GEOMETRIES[geometry](grid[0].length, wide);
    grid = grid.map(line => beside[0].map((_, at) => beside.flatMap(part => line[part[at]])));
    const below = GEOMETRIES[geometry](grid.length, high);
    grid = below[0].map((_, at) => grid[0].map((_, column) => below.flatMap(part => grid[part[at]][column])));
  }
  return {rows, columns, windows, order: grid[0][0]};
}

// Whether a site is in I, by row, column, height and width.
const PARTITIONS = {
  "left-right": (row, column, height, width) => column < width / 2,
  "top-bottom": (row, column, height) => row < height / 2,
  interleaved: (row, column) => column % 2 === 0,
  checkerboard: (row, column) => (row + column) % 2 === 0,
  block: (row, column, height, width) => row < height / 2 && column < width / 2,
  "start-end": (row, column, height, width) => row * width + column < height * width / 2,
  centre: (row, column, height, width) =>
    Math.abs(2 * row + 1 - height) <= height / 2 && Math.abs(2 * column + 1 - width) <= width / 2,
};

// A named partition as a mask over the sites, row by row.
function namedMask(name, rows, columns) {
  return upTo(rows * columns).map(site => PARTITIONS[name](Math.floor(site / columns), site % columns, rows, columns));
}

// The nodes of every level under a partition, equal ones once: `nodes` and, by position, their `numbers`.
function subPartitions(tree, mask) {
  const nodes = [], numbers = [];
  let described = tree.order.map(site => ({children: [], side: mask[site]}));
  for (let level = 0; level <= tree.windows.length; level++) {
    const table = new Map();
    nodes.push([]);
    numbers.push(described.map(node => {
      const key = `${node.children}|${node.side}`;
      if (!table.has(key)) {
        table.set(key, nodes[level].length);
        nodes[level].push(node);
      }
      return table.get(key);
    }));
    if (level === tree.windows.length) break;
    const window = tree.windows[level];
    described = upTo(numbers[level].length / window).map(at => {
      const children = numbers[level].slice(at * window, (at + 1) * window).sort((one, other) => one - other);
      const sides = new Set(children.map(child => nodes[level][child].side));
      return {children, side: sides.size === 1 ? [...sides][0] : null};
    });
  }
  return {nodes, numbers};
}

const product = factors => factors.reduce((result, factor) => result * factor, 1n);
const least = (one, other) => other < one ? other : one;
const together = (cost, count) => cost ** BigInt(count);  // what equal children of a window pass together

// Value and bonds of the smallest cut. Its bonds are sites or pooling nodes: `{kind, level, position, dimension}`.
function smallestCut(tree, localDimension, widths, mask, passed = together, parts = subPartitions(tree, mask)) {
  const dimension = BigInt(localDimension);
  // per level and node: the cost with the map above outside (0) and inside (1) of I, and whether the node is cut
  const costs = [parts.nodes[0].map(({side}) => side ? [dimension, 1n] : [1n, dimension])];
  const severed = [parts.nodes[0].map(({side}) => [side, !side])];
  for (let level = 1; level < parts.nodes.length; level++) {
    const width = BigInt(widths[level - 1]), lower = costs[level - 1];
    costs.push([]);
    severed.push([]);
    for (const {children} of parts.nodes[level]) {
      const counts = new Map();
      for (const child of children) counts.set(child, (counts.get(child) || 0) + 1);
      const groups = [...counts].map(([child, count]) => [lower[child], count, parts.nodes[level - 1][child].side !== null]);
      const [out, into] = [0, 1].map(side => product(groups.map(([cost, count, pure]) => passed(cost[side], count, pure))));
      const through = width * product(groups.map(([cost, count]) => least(cost[0], cost[1]) ** BigInt(count)));
      costs[level].push([least(out, through), least(into, through)]);
      severed[level].push([through < out, through < into]);
    }
  }
  const root = costs[costs.length - 1][0];
  return {value: least(root[0], root[1]), bonds: cutBonds(tree, dimension, widths, parts, costs, severed)};
}

// The side that costs less, outside where both cost the same.
const cheaper = cost => cost[1] < cost[0] ? 1 : 0;

// The bonds of that cut, from the root down.
function cutBonds(tree, dimension, widths, parts, costs, severed) {
  const top = tree.windows.length, bonds = [];
  let sides = [cheaper(costs[top][0])];
  for (let level = top; level > 0; level--) {
    const window = tree.windows[level - 1];
    sides = sides.flatMap((side, position) => {
      const cut = severed[level][parts.numbers[level][position]][side];
      if (cut) bonds.push({kind: "pool", level, position, dimension: BigInt(widths[level - 1])});
      const children = parts.numbers[level - 1].slice(position * window, (position + 1) * window);
      return children.map(child => cut ? cheaper(costs[level - 1][child]) : side);
    });
  }
  const sites = tree.order.filter((_, position) => severed[0][parts.numbers[0][position]][sides[position]]);
  sites.sort((one, other) => one - other);
  bonds.push(...sites.map(site => ({kind: "site", level: 0, position: site, dimension})));
  return bonds;
}
