"""Check certificates of exact ranks: the standard library alone, nothing of the project that wrote them.

A certificate (docs/certificates.md) proves the rank between the sites `inside` and the others of almost every network
of a family: a minor isn't 0 mod p at the weights of a seed, so it is no zero polynomial; a cut or count bounds all.
"""

import argparse
import gzip
import json
import sys
from collections import Counter
from hashlib import sha256
from itertools import pairwise, product
from math import comb, isqrt, prod
from operator import mul
from pathlib import Path

KINDS = {"tree": "cut symmetric", "tied": "cut", "overlapping": "cut distinguishable", "recurrent": "inputs states"}
COMMON = {"seed": "", "bound": {}, "prime": 2, "rank": 1, "rows": [0], "columns": [0], "local_dimension": 1}
PLACES = {"widths": [1], "shared": True, "inside": [0]}
FIELDS = {"tree": {"windows": [2], **PLACES, **COMMON}, "recurrent": {"steps": 2, "depth": 1, "width": 1, **COMMON}}
FIELDS["tied"] = {"windows": [2], "maps": [[0]], "widths": [1], "inside": [0], **COMMON}
FIELDS["overlapping"] = {"sites": [1], "kernel": 1, "periodic": True, **PLACES, **COMMON}  # of integers the least


def demand(condition, line):
    """Refuse unless the condition holds."""
    if not condition:
        raise ValueError(line)


def is_like(value, example):
    """Whether a value has its example's type, and its integers are no smaller."""
    if isinstance(example, list):
        return isinstance(value, list) and value != [] and all(is_like(each, example[0]) for each in value)
    return type(value) is type(example) and (type(value) is not int or value >= example)


def read(given):
    """The case of a certificate: its fields, complete and well-formed; N, the sites outside, configurations spelt."""
    family = given.get("family") if isinstance(given, dict) else None
    demand(family in list(FIELDS), f"family: got {family!r}; accepted: {', '.join(FIELDS)}")
    for name in [*FIELDS[family], *given]:
        demand(name in {*FIELDS[family], "family", "cells"}, f"{name}: is no field of this family")
        demand(name in given, f"{name}: is missing")
        demand(is_like(given[name], FIELDS[family].get(name, given[name])), f"{name}: got {str(given[name])[:60]}")
    case, prime, dimension = dict(given), given["prime"], given["local_dimension"]
    if family == "recurrent":
        demand(case["steps"] % 2 == 0, "steps: accepted: an even number")
        case |= {"count": case["steps"], "inside": range(min(case["steps"], 4096) // 2), "widths": [case["width"]]}
    else:
        case["count"], sides = prod(case.get("windows", case.get("sites"))), case.get("sites", [1])
        levels = {len(case[name]) for name in ("widths", "windows", "maps") if name in case}
        demand(len(levels) == 1, "widths: accepted: one per window, as many maps")
        demand(len(sides) < 3 and case.get("kernel", 1) <= min(sides), "sites: accepted: 1 or 2, the kernel no longer")
    demand(max(case["count"], *case["widths"], case.get("depth", 1), dimension) <= 4096, "sizes: accepted: up to 4096")
    demand(prime < 2**32 and all(prime % each for each in range(2, isqrt(prime) + 1)), f"prime: {prime} is none")
    sides = case["sides"] = [site in set(case["inside"]) for site in range(case["count"])]
    case["outside"], inside = ([site for site, side in enumerate(sides) if side == own] for own in (False, True))
    demand(inside == [*case["inside"]] and case["outside"], "inside: accepted: some of the sites, ascending")
    for name, sites in (("rows", inside), ("columns", case["outside"])):
        demand(len(set(case[name])) == len(case[name]) == case["rank"], f"{name}: accepted: {case['rank']}, each once")
        demand(max(case[name]) < dimension ** len(sites), f"{name}: {max(case[name])} is out of range")
        powers = {site: dimension**place for place, site in enumerate(reversed(sites))}
        case[name] = [{site: code // power % dimension for site, power in powers.items()} for code in case[name]]
    return case


def network(case):
    """Per node, after the N sites, its maps of earlier ones, whose values multiply; the last nodes; the output."""
    words = (sha256(f"{case['seed']}:{i}".encode()).hexdigest() for i in range(2**62))  # of the weights, mod p

    def matrix(out, into):
        return [[int(next(words), 16) % case["prime"] for _ in range(into)] for _ in range(out)]

    count, dimension, nodes = case["count"], case["local_dimension"], []
    if case["family"] == "recurrent":
        depth, width = case["depth"], case["width"]
        inputs = [matrix(width, width if layer else dimension) for layer in range(depth)]
        memory = [matrix(width, width) for _ in range(depth)]
        for step, layer in product(range(count), range(depth)):
            last = count + len(nodes) - 1
            recalled = [(last + 1 - depth, memory[layer])] if step else []
            nodes.append([(last if layer else step, inputs[layer]), *recalled])
        return nodes, [count + len(nodes) - 1], matrix(1, width)[0]
    below, offsets = list(range(count)), case.get("kernel", 1) ** len(case.get("sites", []))
    for level, (into, out) in enumerate(pairwise([dimension, *case["widths"]])):
        own = case["maps"][level] if "maps" in case else [0 if case["shared"] else place for place in range(len(below))]
        demand(len(own) == len(below) > max(own), f"maps: accepted: {len(below)} numbers at level {level + 1}, less")
        if "windows" in case:
            maps, window = [matrix(out, into) for _ in range(max(own) + 1)], case["windows"][level]
            links = [(child, maps[own[place]]) for place, child in enumerate(below)]
            made = [links[start : start + window] for start in range(0, len(below), window)]
        else:
            maps = [[matrix(out, into) for _ in range(offsets)] for _ in range(max(own) + 1)]
            made = [[(below[q], maps[own[p]][k]) for k, q in window_of(case, p)] for p in range(count)]
        below = list(range(count + len(nodes), count + len(nodes) + len(made)))
        nodes += made
    return nodes, below, matrix(1, case["widths"][-1])[0]


def window_of(case, position):
    """(number of the offset, position below) of an overlapping layer's window; corner first, row-major."""
    (height, width), kernel = [1, *case["sites"]][-2:], case["kernel"]
    steps = [divmod(number, kernel) for number in range(kernel ** len(case["sites"]))]
    places = [(k, position // width + down, position % width + right) for k, (down, right) in enumerate(steps)]
    kept = [each for each in places if case["periodic"] or (each[1] < height and each[2] < width)]
    return [(k, row % height * width + column % width) for k, row, column in kept]


def minor(case):
    """Values on the rows and columns, mod p; a node's table: its sites, what rows and columns show of them, vectors."""
    nodes, last, output = network(case)
    prime, every, tables = case["prime"], range(case["local_dimension"]), []

    def seen(support):
        """What each row and each column shows at these sites, by number; the first ones of each number."""
        shown = []
        for name, side in (("rows", "inside"), ("columns", "outside")):
            own, known = sorted(support.intersection(case[side])), {}
            shown.append([known.setdefault(tuple(each[site] for site in own), len(known)) for each in case[name]])
        return *shown, *([numbers.index(number) for number in range(max(numbers) + 1)] for numbers in shown)

    def pooled(maps):
        """The entrywise product of maps of earlier tables."""
        support, factors = set().union(*(tables[child][0] for child, _ in maps)), []
        for child, weights in maps:
            _, rows, columns, table = tables[child]
            if weights:
                table = [[[sum(map(mul, w, vector)) % prime for w in weights] for vector in line] for line in table]
            factors.append((rows, columns, table))
        rows, columns, some_rows, some_columns = seen(support)
        found = [[None] * len(some_columns) for _ in some_rows]
        for (x, i), (y, j) in product(enumerate(some_rows), enumerate(some_columns)):
            whole, *vectors = [table[own[i]][other[j]] for own, other, table in factors]
            for vector in vectors:
                whole = [one * two % prime for one, two in zip(whole, vector, strict=True)]
            found[x][y] = whole
        return support, rows, columns, found

    for site in range(case["count"]):
        rows, columns, some_rows, some_columns = seen({site})
        digits = [[(case["rows"][i] | case["columns"][j])[site] for j in some_columns] for i in some_rows]
        tables.append(({site}, rows, columns, [[[int(d == each) for each in every] for d in line] for line in digits]))
    for maps in nodes:
        tables.append(pooled(maps))
    _, rows, columns, values = pooled([(node, None) for node in last])
    return [[sum(map(mul, output, values[row][column])) % prime for column in columns] for row in rows]


def is_singular(matrix, prime):
    """By elimination, a column dropped at a time."""
    while matrix:
        place = next((number for number, row in enumerate(matrix) if row[0]), None)
        if place is None:
            return True
        first, *top = matrix.pop(place)
        for number, (head, *row) in enumerate(matrix):
            factor = head * pow(first, -1, prime) % prime
            matrix[number] = [(one - factor * two) % prime for one, two in zip(row, top, strict=True)]
    return False


def graph(case):
    """What every copy tensor passes, by name, and links; an overlapping network unfolded, a node for each way down."""
    sizes, links = {f"site {site}": case["local_dimension"] for site in range(case["count"])}, []
    if "windows" in case:
        below = list(sizes)
        for level, (window, width) in enumerate(zip(case["windows"], case["widths"], strict=True), start=1):
            nodes = [f"pool {level} {position}" for position in range(len(below) // window)]
            sizes |= dict.fromkeys(nodes, width)
            links += [(child, nodes[place // window]) for place, child in enumerate(below)]
            below = nodes
        return sizes, links
    sizes["output"] = case["widths"][-1]
    readers = Counter(child for position in range(case["count"]) for _, child in window_of(case, position))
    waiting = [("output", len(case["widths"]) - 1, "", position, times) for position, times in readers.items()]
    while waiting:
        above, layer, way, position, degree = waiting.pop()
        node = f"position {layer}{way} {position}" if layer else f"site {position}"
        links.append((node, above))
        if layer:
            sizes[node] = comb(case["widths"][layer - 1] + degree - 1, degree)
            waiting += [(node, layer - 1, f"{way} {position}", q, degree) for _, q in window_of(case, position)]
    return sizes, links


def cut_bound(case, nodes):
    """The product over the copy tensors cut, once nothing joins the two sides any more."""
    demand(is_like(nodes, [""]) and len(set(nodes)) == len(nodes), "bound: nodes: accepted: names, each once")
    sizes, links = graph(case)
    demand({*nodes} <= {*sizes}, f"bound: {min({*nodes} - {*sizes}, default='')[:60]} is no node of the network")
    free = [{*link} for link in links if not {*link} & {*nodes}]
    reached = {f"site {site}" for site in case["inside"]} - {*nodes}
    while grown := {node for link in free if link & reached for node in link} - reached:
        reached |= grown
    demand(not reached & {f"site {site}" for site in case["outside"]}, "bound: the cut leaves the two sides joined")
    return prod(sizes[node] for node in nodes)


def symmetric_bound(case, nodes):
    """As a cut of trees with shared weights: k equal siblings on one side span symmetric products (`below`: costs)."""
    cut_bound(case, nodes)
    below = [((side,), (case["local_dimension"], 1)[:: 1 if side else -1]) for side in case["sides"]]
    for level, (window, width) in enumerate(zip(case["windows"], case["widths"], strict=True), start=1):
        made = []
        for position in range(len(below) // window):
            children = sorted(below[position * window : (position + 1) * window])
            cut, passed = f"pool {level} {position}" in nodes, [1, 1]
            for (pattern, costs), k in Counter(children).items():
                for side, x in enumerate(costs):
                    passed[side] *= comb(x + k - 1, k) if len(set(pattern)) == 1 else x**k
            through = width * prod(min(costs) for _, costs in children)
            made.append((sum((each for each, _ in children), ()), (through, through) if cut else tuple(passed)))
        below = made
    return min(below[0][1])


def distinguishable_bound(case, side):
    """How many configurations of a side an overlapping network with shared weights can tell apart."""
    demand(side in ("inside", "outside"), f"bound: got side {str(side)[:60]}; accepted: inside, outside")
    chosen, dimension, every = case[side], case["local_dimension"], range(case["count"])
    demand(dimension ** len(chosen) <= 2048, f"bound: {dimension}^{len(chosen)} configurations are too many")
    windows = [window_of(case, position) for position in every]
    sights = [((site,), "site") for site in every]  # what a position sees, and its kind
    for _ in case["widths"][:-1]:
        sites = [sum((sights[child][0] for _, child in window), ()) for window in windows]
        sights = [(sites[p], tuple((k, sights[q][1]) for k, q in windows[p])) for p in every]
    alike, kept = {}, set()
    for position, (sites, kind) in enumerate(sights):
        offsets = sorted(k for window in windows for k, child in window if child == position)
        if set(sites) <= set(chosen):
            alike.setdefault((kind, *offsets), []).append(sites)
        else:
            kept |= set(sites).intersection(chosen)
    shown = set()
    for digits in product(range(dimension), repeat=len(chosen)):
        own = dict(zip(chosen, digits, strict=True))
        counts = [Counter(tuple(own[site] for site in sites) for sites in equal) for equal in alike.values()]
        shown.add((*(frozenset(count.items()) for count in counts), *(own[site] for site in sorted(kept))))
    return len(shown)


def monomial_bound(case, steps):
    """Of recurrent circuits: the end's last steps by their inputs, or by the states that reach them."""
    half, depth, width, dimension = case["steps"] // 2, case["depth"], case["width"], case["local_dimension"]
    demand(is_like(steps, 1) and steps <= half, f"bound: got {str(steps)[:60]} steps; accepted: 1 to {half}")
    degrees = [comb(step + depth - 2, depth - 1) for step in range(1, half + 1)]
    before = prod(min(dimension, comb(width + degree - 1, degree)) for degree in degrees[steps:])
    times, forms, groups = min(dimension, width), width, degrees[1:steps]  # of an ideal: its copies, its forms, degrees
    if "states" in case["bound"]:
        times, forms, groups = width, times, [comb(steps + above - 1, above) for above in range(1, depth)]
    counts = [prod(comb(width + degree - n - 1, width - 1) for degree in groups) for n in range(forms + 1)]
    ideal = sum((-1) ** (n + 1) * comb(forms, n) * counts[n] for n in range(1, forms + 1)) if groups else 1
    return times * ideal * before


def check(given):
    """The rank that a certificate proves; raises ValueError."""
    case = read(given)
    bounds = {"cut": cut_bound, "symmetric": symmetric_bound, "distinguishable": distinguishable_bound}
    kinds = KINDS[case["family"]].split()[: 1 + case.get("shared", True)]
    demand([*case["bound"]] in [[kind] for kind in kinds], f"bound: accepted: one of {', '.join(kinds)}")
    ((kind, witness),) = case["bound"].items()
    above = bounds.get(kind, monomial_bound)(case, witness)
    demand(above == case["rank"], f"bound: is {above}; accepted: the rank, {case['rank']}")
    demand(not is_singular(minor(case), case["prime"]), f"rank: the minor is singular mod {case['prime']}")
    return case["rank"]


def main():
    """Check files; exits with 1 where a certificate is refused, or there is none."""
    parser, failed = argparse.ArgumentParser(description=__doc__.splitlines()[0]), False
    parser.add_argument("files", nargs="*", type=Path, help="by default those of results/reference/certificates")
    parser.add_argument("--all", action="store_true", help="ranks up to 512, not 128 alone")
    options, folder = parser.parse_args(), Path(__file__).resolve().parents[1] / "results/reference/certificates"
    for path in options.files or sorted(folder.glob("*.jsonl*")) or [folder]:
        counts, lines = Counter(), []
        try:
            lines = (gzip.decompress if path.suffix == ".gz" else bytes)(path.read_bytes()).decode().splitlines()
        except Exception as error:  # damaged archives fail in ways of several libraries
            print(f"{path}: refused: can't be read: {error}")
        for number, line in enumerate(lines, start=1):
            try:
                demand(isinstance(given := json.loads(line), dict), "accepted: an object")
                if unchecked := "unchecked" in given and is_like(given.get("cells"), [""]):
                    print(f"{path}:{number}: not checked: {given['unchecked']}: {', '.join(given['cells'])}")
                left_out = unchecked or is_like(given.get("rank"), 513 if options.all else 129)
                word = "left out" if left_out else check(given) and "certified"
            except (ValueError, RecursionError) as error:
                word = "refused"
                print(f"{path}:{number}: refused: {error}")
            counts[word] += 1
        failed |= "refused" in counts or not counts
        print(f"{path}: {', '.join(f'{count} {word}' for word, count in counts.items()) or 'no certificate'}")
    sys.exit(failed)


if __name__ == "__main__":
    main()
