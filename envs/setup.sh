#!/usr/bin/env bash
# Make or refresh the checkout's own virtual environment, .venv: `envs/setup.sh` for the workflow, `envs/setup.sh test`
# for the tests too. Touches nothing outside the checkout. PYTHON=… names the interpreter to use.
set -euo pipefail
cd "$(dirname "$0")/.."
want="${1:-run}"
stamp=".venv/ready-$want"

pins() { cat envs/requirements.txt pyproject.toml; [ "$want" = run ] || cat envs/requirements-test.txt; }
now="$(pins | cksum) $PWD"
if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$now" ]; then exit 0; fi

works() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
if ! works .venv/bin/python; then
    chosen=""
    for candidate in ${PYTHON:-python3.11 python3.12 python3.13 python3 python}; do
        if works "$candidate"; then chosen="$candidate"; break; fi
    done
    if [ -z "$chosen" ]; then
        echo "setup: no Python ≥ 3.11 with venv found; install one, or name it: make PYTHON=/path/to/python3.11" >&2
        exit 1
    fi
    echo "setup: making .venv with $("$chosen" --version)"
    "$chosen" -m venv --clear .venv
fi

# The pins are closed, so nothing is resolved. Compiling every module takes longer than installing them; importing what
# jobs import compiles just that, even where the environment forbids Python to write bytecode.
from_index() { .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-compile "$@" 2> >(grep -v '^WARNING: Location' >&2); }
install() { from_index --no-deps "$@"; }
echo "setup: installing pinned packages (a minute)"
lists="envs/requirements.txt"
[ "$want" = run ] || lists="$lists envs/requirements-test.txt"
# torch is half of the bytes: it unpacks on one core while the rest does on another
install "$(grep '^torch==' envs/requirements.txt)" & torch=$!
install -r <(cat $lists | grep -v '^torch==')
wait "$torch"
# a build with CUDA needs NVIDIA's libraries, too, in the versions that it names itself; the others are there
from_index --constraint envs/requirements.txt "$(grep '^torch==' envs/requirements.txt)"
install --no-build-isolation --editable .
warm() { env -u PYTHONDONTWRITEBYTECODE .venv/bin/python -c "import $*"; }
warm torch, torch.optim, safetensors.torch & first=$!
warm snakemake.cli, pandas, pyarrow.parquet, scipy.stats, scipy.ndimage, sklearn.datasets, matplotlib.figure, papermill, ipykernel.kernelapp
wait "$first"
echo "$now" > "$stamp"
echo "setup: done; activate it with: source .venv/bin/activate"
