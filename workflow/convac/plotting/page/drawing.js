// The sites in their geometry and the tree in its order, as SVG; levels with too many nodes are folded, as `convac.draw`
// folds them.
"use strict";

const LEAVES = 64;  // nodes side by side that can be told apart
const NAMED = 32;  // sites at the foot that have room for their numbers
const CUT = "#D55E00", INSIDE = "#3a3a3a", LINE = "#a0a0a0";

function drawn(name, attributes, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

// Pixels of a bond's line: log2 of its dimension, thin for 1.
const lineWidth = dimension => Math.max(1.3 * Math.log2(Number(dimension)), 0.6);

// Positions of each level, from the sites up.
function positions(tree) {
  return tree.windows.reduce((counts, window) => [...counts, counts[counts.length - 1] / window], [tree.order.length]);
}

// The lowest level that is drawn.
function footLevel(tree) {
  return positions(tree).findIndex(count => count <= LEAVES);
}

// The grid of sites: a press or the space bar moves one into I or out of it, arrows go from site to site.
function sitesGrid(tree, mask, toggle) {
  const grid = document.createElement("div");
  const size = Math.max(5, Math.min(34, Math.floor(320 / Math.max(tree.rows, tree.columns))));
  grid.className = "sites";
  grid.style.gridTemplateColumns = `repeat(${tree.columns}, ${size}px)`;
  grid.setAttribute("role", "group");
  grid.setAttribute("aria-label", "sites; space moves one into I or out of it, arrows go to its neighbours");
  const buttons = mask.map((inside, site) => {
    const button = document.createElement("button");
    button.type = "button";
    button.tabIndex = site === 0 ? 0 : -1;
    button.style.height = `${size}px`;
    button.setAttribute("aria-pressed", inside);
    button.setAttribute("aria-label", `site ${site}`);
    button.title = `site ${site}`;
    button.textContent = size >= 20 ? site : "";
    return button;
  });
  grid.append(...buttons);
  grid.addEventListener("click", event => {
    const site = buttons.indexOf(event.target);
    if (site >= 0) toggle(site);
  });
  grid.addEventListener("keydown", event => {
    const steps = {ArrowLeft: -1, ArrowRight: 1, ArrowUp: -tree.columns, ArrowDown: tree.columns};
    const from = buttons.indexOf(event.target), next = from + steps[event.key];
    if (!(event.key in steps) || !buttons[next]) return;
    event.preventDefault();
    moveTo(buttons, next);
  });
  return grid;
}

// Give one site of the grid the focus, and its place in the order of tabs.
function moveTo(buttons, site) {
  for (const button of buttons) button.tabIndex = -1;
  buttons[site].tabIndex = 0;
  buttons[site].focus();
}

// The tree with its cut, in a box of the given size; nodes in the cut have a thick ring and a coloured bond above.
function treeDrawing(tree, mask, localDimension, widths, bonds, width, height) {
  const counts = positions(tree), foot = footLevel(tree), top = tree.windows.length;
  const space = {left: 46, right: 14, top: 16, bottom: 30};
  const step = (width - space.left - space.right) / counts[foot];
  const x = (level, at) => space.left + step * (at + 0.5) * counts[foot] / counts[level];
  const y = level => space.top + (height - space.top - space.bottom) * (top - level) / Math.max(1, top - foot);
  const places = bonds.map(({kind, level, position}) => [level, kind === "site" ? tree.order.indexOf(position) : position]);
  const severed = new Set(places.map(([level, at]) => `${level}|${at}`));
  const folded = places.filter(([level]) => level < foot);  // each is shown by the wedge that it lies in
  const wedges = new Set(folded.map(([level, at]) => Math.floor(at * counts[foot] / counts[level])));
  const dimension = level => level === 0 ? localDimension : widths[level - 1];
  const lines = [], nodes = [];
  const size = Math.max(3, Math.min(8, step * 0.36));
  for (let level = foot; level <= top; level++) {
    lines.push(drawn("text", {x: 4, y: y(level) + 4, class: "small"}, level === 0 ? "sites" : `level ${level}`));
    for (let at = 0; at < counts[level]; at++) {
      const cut = severed.has(`${level}|${at}`);
      if (level < top) {
        const parent = Math.floor(at / tree.windows[level]);
        lines.push(drawn("line", {
          x1: x(level, at), y1: y(level), x2: x(level + 1, parent), y2: y(level + 1), class: cut ? "cut" : "bond",
          stroke: cut ? CUT : LINE, "stroke-width": lineWidth(dimension(level)), "stroke-linecap": "round",
        }));
      }
      const cutBelow = level === foot && wedges.has(at);
      nodes.push(...nodeMarks(tree, mask, level, at, x(level, at), y(level), size, cut, cutBelow));
    }
  }
  const told = `tree of ${top} levels over ${tree.order.length} sites; ${bonds.length} bonds in the cut`;
  const picture = drawn("svg", {viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": told});
  picture.append(...lines, ...nodes);
  return picture;
}

// A site, a wedge for all that lies below a folded node, or a node of the tree.
function nodeMarks(tree, mask, level, at, x, y, size, cut, cutBelow) {
  const counts = positions(tree), fill = {true: INSIDE, false: "#fff"};
  const edge = {stroke: cut ? CUT : "#000", "stroke-width": cut ? 2.5 : 0.8};
  if (level === 0) {
    const site = tree.order[at];
    const box = {x: x - size, y: y - size, width: 2 * size, height: 2 * size};
    const square = drawn("rect", {...box, fill: fill[mask[site]], ...edge});
    const number = drawn("text", {x, y: y + size + 13, class: "small", "text-anchor": "middle"}, site);
    return counts[0] <= NAMED ? [square, number] : [square];
  }
  const node = drawn("circle", {cx: x, cy: y, r: size, fill: "#fff", ...edge});
  if (level > footLevel(tree)) return [node];
  const below = tree.order.length / counts[level];
  const inside = tree.order.slice(at * below, (at + 1) * below).filter(site => mask[site]).length;
  const wedge = share => `${x},${y} ${x - 1.2 * size * share},${y + 22 * share} ${x + 1.2 * size * share},${y + 22 * share}`;
  const outline = {stroke: cutBelow ? CUT : "#000", "stroke-width": cutBelow ? 1.5 : 0.6};
  const whole = drawn("polygon", {points: wedge(1), fill: "none", ...outline});
  return [drawn("polygon", {points: wedge(Math.sqrt(inside / below)), fill: INSIDE}), whole, node];
}
