# Needs the config. Makes PLAN, the jobs of every experiment and scale; stops with one line per mistake.

from snakemake.cli import parse_args
from snakemake.logging import logger
from snakemake.settings.enums import Quietness

from convac.planning import paths, workload
from convac.errors import ConvacError
from convac.planning.config import (
    Config,
    config_mistakes,
    executor_mistakes,
    hidden_blocks,
    merged,
    start_mistakes,
)
from convac.planning.events import PLANNED, JobLines, Screen
from convac.planning.opening import opening, styled
from convac.specs.results import filled
from convac.planning.place import (
    first_here,
    looks,
    of_library,
    other_names,
    outdated,
    place_mistakes,
    report_mistakes,
    snakemake_words,
    to_see,
    write_mistakes,
)
from convac.planning.plan import SUFFIXES, Plan
from convac.files import sha256
from convac.provenance import source_hash

# Snakemake tells its targets only after it has read the rules, when it is too late for one clear line.
words = snakemake_words(sys.argv) if OURS else []
asked_for = parse_args(words)[1]
targets = asked_for.targets if OURS else ()
OTHER_NAMES = other_names(targets)

# as a module of another workflow the config is what that one hands over
LAYERS = [config] if workflow.modifier.skip_configfile else config_layers()
if not workflow.modifier.skip_configfile:
    # Snakemake leaves numbers in the blocks and lists of --config as text
    config.update(merged(config, LAYERS[-1]))
own = config
if not OURS and not workflow.modifier.skip_configfile:
    # included by another workflow, whose config lies over the default one and may have more keys
    config.update(merged(config, OUTER))
    own = {key: config[key] for key in Config.model_fields if key in config}
HIDDEN = hidden_blocks(LAYERS)

# Snakemake looks at what is protected before `onstart`
unwritable = write_mistakes() if words and not looks(asked_for) else []
if (
    mistakes := config_mistakes(own, HIDDEN)
    or place_mistakes(targets, own, HOSTED)
    or unwritable
):
    sys.exit("\n".join(mistakes))

try:
    PLAN = Plan(own, HIDDEN)
    if not write_mistakes():
        for line in PLAN.restore(placed):
            print(line, file=sys.stderr)
except ConvacError as error:
    sys.exit(str(error))

SCALE = PLAN.config.scale
if asked_for.report and not targets and (mistakes := report_mistakes(SCALE)):
    sys.exit("\n".join(mistakes))
if asked_for.report and (stale := outdated(SCALE)):
    print(f"convac: {stale}", file=sys.stderr)
if OURS:
    config.update(scale=SCALE)  # for the report, where the config is silent
if asked_for.report:
    config.update(opening=opening(Path(paths.RESULTS, SCALE)), whole=not targets)
    config.update(style=styled(Path(str(own_file("workflow/report/report.css")))))

# What Snakemake tells of its jobs; a plan reads them from a file.
SCREEN = Screen(
    quiet=Quietness.PROGRESS in (workflow.output_settings.quiet or ()),
)
if OURS:
    logger.addFilter(SCREEN)
    if PLANNED in os.environ:
        logger.addHandler(JobLines(os.environ[PLANNED], PLAN.describer(SCALE)))

# Of the library that PYTHONPATH names; no path stands here, so that moving the checkout reruns nothing.
CONVAC = "python -m convac"
REFERENCE = first_here(paths.reference(SCALE))


wildcard_constraints:
    **paths.WILDCARDS,


localrules:
    all,
    redraw,


if OURS:

    LOAD = None  # what this run has to do, from its start on

    onstart:
        global LOAD
        jobs = list(workflow.dag.needrun_jobs())
        if mistakes := executor_mistakes(workflow.executor_plugin.name):
            sys.exit("\n".join(mistakes))
        if not workflow.touch and (mistakes := start_mistakes(jobs)):
            sys.exit("\n".join(mistakes))
        nodes = None if workflow.local_exec else workflow.nodes
        LOAD = PLAN.workload(SCALE, jobs, nodes or workflow.cores, targets)
        workload.write(LOAD)
        SCREEN.listen()
        print(workload.opening(LOAD), file=sys.stderr)
        if workflow.local_exec:
            # meant for submissions: with a limit, Snakemake looks for jobs once more a second for every job that ended
            workflow.scheduler.job_rate_limiter = None

    onsuccess:
        print(workload.closing(LOAD, well=True), file=sys.stderr)
        if made := to_see(SCALE):
            print(f"convac: look at {made}", file=sys.stderr)
        if stale := outdated(SCALE):
            print(f"convac: {stale}", file=sys.stderr)

    onerror:
        told = workload.closing(LOAD, well=False, interrupted=SCREEN.interrupted)
        print(told, file=sys.stderr)
