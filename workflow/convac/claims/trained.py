"""Whether the networks that a claim is about had converged: decided before its statistic is looked at."""

from convac.claims.claims import Claim, Columns, sides

ENOUGH = 0.8  # share of the networks on each side that must have converged

Runs = dict[tuple[object, object], bool]  # cell and seed → whether that network had converged


def runs(columns: Columns) -> Runs:
    """The networks of a table of which it says whether they had converged."""
    if not {"cell", "seed", "quantity"} <= set(columns):
        return {}
    rows = zip(columns["cell"], columns["seed"], columns["quantity"], columns["value"], strict=True)
    return {(cell, seed): value == 1 for cell, seed, quantity, value in rows if quantity == "converged"}


def share_converged(claim: Claim, columns: Columns, known: Runs) -> float:
    """The fraction of the networks that had converged, on the side of the claim that has the smaller one.

    1 where the table says of none of them whether it had.
    """
    shares = [1.0]
    for side in sides(claim, columns) if known else ():
        networks = {(columns["cell"][row], columns["seed"][row]) for rows in side.values() for row in rows}
        found = [known[network] for network in networks if network in known]
        shares += [sum(found) / len(found)] if found else []
    return min(shares)
