# Needs nothing. Makes the library importable, and checks config files before Snakemake reads them: it takes the last of
# two equal keys without a word, and names no line of a file that it can't read.

import os
import sys
from copy import deepcopy
from pathlib import Path

# This checkout's library, whatever environment is active.
library = Path(workflow.current_basedir.get_path_or_uri(False)).parent
if not library.is_dir():
    sys.exit(f"{library}: is not a folder; accepted: the Snakefile of a clone")
sys.path.insert(0, str(library))
# Jobs of a workflow share the screen: no progress bars.
os.environ.update(CONVAC_WORKFLOW="1")

# Hundreds of jobs import the same modules: without bytecode each would compile them again, ten seconds a job.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

from convac.planning.config_files import file_mistakes, read_config, typed
from convac.planning.place import first_here, is_ours


def placed(path):
    """Where a result stands: below the prefix, if any, that another workflow gives its module."""
    return str(PLACES.modify(path))


PLACES = workflow.modifier.path_modifier
DEFAULT_CONFIG = first_here("config.yaml")
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
