// Bounds on the rank beside the smallest cut, as in entanglement/mincut.py; and large numbers as text.
"use strict";

function choose(total, count) {
  let result = 1n;
  for (let at = 1n; at <= count; at++) result = result * (total - count + at) / at;
  return result;
}

// The cut where weights are shared over positions: equal children that lie on one side span a symmetric space.
function symmetricCut(tree, localDimension, widths, mask, parts) {
  const passed = (cost, count, pure) => pure ? choose(cost + BigInt(count) - 1n, BigInt(count)) : cost ** BigInt(count);
  return smallestCut(tree, localDimension, widths, mask, passed, parts).value;
}

function powerBelow(number, base) {
  let power = 1;
  while (power * base <= number) power *= base;
  return power;
}

// A lower bound for weights per location: the largest cut with all dimensions rounded down to powers of one integer.
function roundedCut(tree, localDimension, widths, mask, parts = subPartitions(tree, mask)) {
  const dimensions = [localDimension, ...widths], tried = new Map();
  for (let base = 2; base <= Math.max(2, ...dimensions); base++) {
    const rounded = dimensions.map(dimension => powerBelow(dimension, base));
    tried.set(String(rounded), rounded);
  }
  const cuts = [...tried.values()].map(([first, ...rest]) => smallestCut(tree, first, rest, mask, together, parts).value);
  return cuts.reduce((one, other) => other > one ? other : one);
}

// A lower bound for any weights: min(r_1, M) for every window of level 1 that has sites on both sides.
function splitWindows(tree, localDimension, widths, mask) {
  const window = tree.windows[0];
  const split = upTo(tree.order.length / window).filter(at => {
    const sides = new Set(tree.order.slice(at * window, (at + 1) * window).map(site => mask[site]));
    return sides.size === 2;
  });
  return BigInt(Math.min(localDimension, widths[0])) ** BigInt(split.length);
}

// An upper bound for any function: M for each site of the smaller side.
function trivialBound(localDimension, mask) {
  const inside = mask.filter(Boolean).length;
  return BigInt(localDimension) ** BigInt(Math.min(inside, mask.length - inside));
}

// A natural logarithm, of integers of any size.
function logarithm(value) {
  const digits = value.toString(16), kept = digits.slice(0, 13);
  return Math.log(parseInt(kept, 16)) + (digits.length - kept.length) * Math.log(16);
}

// An integer as text: whole where it is short, else its first digits and a power of ten.
function readable(value) {
  const digits = value.toString();
  return digits.length <= 12 ? digits : `${digits[0]}.${digits.slice(1, 4)} · 10^${digits.length - 1}`;
}

// A product of dimensions as powers, 1 left out: `2 · 3^2`.
function powers(dimensions) {
  const counts = new Map();
  for (const dimension of dimensions) if (dimension > 1n) counts.set(dimension, (counts.get(dimension) || 0) + 1);
  const sorted = [...counts].sort(([one], [other]) => one < other ? -1 : 1);
  return sorted.map(([dimension, count]) => count > 1 ? `${dimension}^${count}` : `${dimension}`).join(" · ") || "1";
}
