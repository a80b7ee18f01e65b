# Needs nothing. Makes the library importable, says where the workflow's own files are, and checks config files before
# Snakemake reads them: it takes the last of two equal keys without a word, and names no line of a file that it can't
# read.

import os
import sys
from copy import deepcopy
from importlib.util import find_spec
from pathlib import Path

library = Path(workflow.current_basedir.get_path_or_uri(True)).parent
# Rules alone come from a repository elsewhere, as by `github(...)`; the library is the installed one.
HOSTED = not library.is_dir()
if not HOSTED:
    sys.path.insert(0, str(library))  # this checkout's, whatever environment is active
elif not (found := find_spec("convac")) or not found.origin:
    sys.exit("convac: isn't installed; accepted: the library of these rules, by pip")
# What the rules call: with a library of another version they would fail somewhere below.
for called in ["paths", "place", "plan"] if HOSTED else []:
    theirs = Path(workflow.source_path(f"../convac/planning/{called}.py"))
    ours = Path(found.origin).with_name("planning") / f"{called}.py"
    if not ours.is_file() or ours.read_text().strip() != theirs.read_text().strip():
        sys.exit(
            f"{ours.parents[1]}: isn't the library of these rules; accepted: that one, by pip"
        )
# Jobs of a workflow share the screen: no progress bars.
os.environ.update(CONVAC_WORKFLOW="1")

# Hundreds of jobs import the same modules: without bytecode each would compile them again, ten seconds a job.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

from convac.planning.config_files import file_mistakes, read_config, typed
from convac.planning.place import importable, is_ours, source

os.environ.update(PYTHONPATH=importable(os.environ))


def own_file(path):
    """A file of the workflow: the checkout's, or of the repository's a copy, which is as old as this run."""
    if HOSTED:
        return ancient(workflow.source_path(f"../../{path}"))
    return source(path)


def placed(path):
    """Where a result stands: below the prefix, if any, that another workflow gives its module."""
    return str(PLACES.modify(path))


PLACES = workflow.modifier.path_modifier
CONFIG = "config.yaml"
DEFAULT_CONFIG = CONFIG if os.path.exists(CONFIG) else own_file(CONFIG)
# As a part of another workflow we know nothing of its targets, and it has its own handlers and keys of the config.
OURS = is_ours(workflow.main_snakefile)
OUTER = {} if OURS else deepcopy(config)


def config_layers():
    """What every config file says, the default one first, and the option --config last."""
    given = workflow.config_settings
    own = workflow.configfiles[len(given.configfiles) :]
    files = [*([] if given.replace_workflow_config else own), *given.configfiles]
    return [*map(read_config, files), typed(given.config)]


if not workflow.modifier.skip_configfile:
    files = [*filter(os.path.exists, [DEFAULT_CONFIG]), *workflow.configfiles]
    if mistakes := [line for path in files for line in file_mistakes(path)]:
        sys.exit("\n".join(mistakes))
