"""Where the results that several rooms read stand, under one folder whose name is spelled here alone.

`convac.planning.paths` has the outputs of every rule, built on these. Words in braces are wildcards.
"""

import re

RESULTS = "results"
REFERENCE = f"{RESULTS}/reference"
RUN = f"{RESULTS}/runs/{{cell}}"
SCALE = f"{RESULTS}/{{scale}}"
TABLE = f"{SCALE}/tables/{{experiment}}.parquet"
EXAMPLES = f"{SCALE}/examples/{{experiment}}.parquet"
CLAIMS = f"{SCALE}/claims/{{experiment}}.csv"


def filled(template: str, **wildcards: str) -> str:
    """A template with some wildcards filled in; the others stay.

    >>> filled(TABLE, experiment="min_cut")
    'results/{scale}/tables/min_cut.parquet'
    """
    return re.sub(r"{(\w+)}", lambda found: wildcards.get(found[1], found[0]), template)
