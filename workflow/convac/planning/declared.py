"""Which files rules of the workflow declare as their outputs, so that Snakemake makes them again once they are gone."""

import os
import re

SCALES = "smoke|laptop|paper|redrawn"
EXPERIMENT = r"[a-z][a-z0-9_]*"
FOLDER = r"[a-z0-9-]+"
DECLARED = re.compile(
    rf"""results/(
        downloads/\w+/record\.json
        | datasets/{FOLDER}/(spec\.json | data\.safetensors | summary\.parquet | run\.json)
        | runs/{FOLDER}/(spec\.json | model\.safetensors | history\.parquet | run\.json)
        | runs/{FOLDER}/entanglement-[0-9a-f]{{8}}\.(parquet | json)
        | theory/{FOLDER}/(spec\.json | table\.parquet | run\.json)
        | ({SCALES})/tables/{EXPERIMENT}\.(parquet | csv | cells\.json)
        | ({SCALES})/claims/{EXPERIMENT}\.csv
        | ({SCALES})/pages/{EXPERIMENT}\.html
        | ({SCALES})/notebooks/{EXPERIMENT}\.(ipynb | run\.json)
        | ({SCALES})/figures/{EXPERIMENT}(-[\w-]+)?\.(pdf | svg | png)
        | ({SCALES})/(claims\.(csv | md | html) | comparison\.(csv | md) | manifest\.json)
    )""",
    re.VERBOSE,
)


def made_again(path: str) -> bool:
    """Whether a file, named as seen from the folder of the run, is one that Snakemake makes again once it is gone.

    >>> made_again("results/runs/blobs-1/model.safetensors"), made_again("results/mine.json"), made_again("net.json")
    (True, False, False)
    """
    return DECLARED.fullmatch(os.path.relpath(path).replace(os.sep, "/")) is not None
