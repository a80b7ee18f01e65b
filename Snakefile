# convac: what dependencies a convolutional network can model, and why.
#
# Needs config.yaml (what to run) and the library under workflow/convac (how). Makes, for the scale that the config
# names, every experiment's table, verdicts and figures, the claims ledger and a manifest. Experiments are found by
# name from the config: nothing here changes when one is added.

from snakemake.utils import min_version

min_version("9.24")


include: "workflow/rules/config.smk"


configfile: DEFAULT_CONFIG


report: "workflow/report/workflow.rst"


include: "workflow/rules/common.smk"
include: "workflow/rules/spec.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/train.smk"
include: "workflow/rules/measure.smk"
include: "workflow/rules/theory.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/report.smk"


rule all:
    default_target: OURS
    input:
        filled(paths.LEDGER, scale=SCALE),
        filled(paths.MANIFEST, scale=SCALE),
        [PLAN.products(SCALE, name) for name in PLAN.experiments],


# One target per experiment: `snakemake --cores N pooling_geometry`.
for name in PLAN.experiments:
    if workflow.is_rule(name):
        sys.exit(f"experiments.{name}: is the name of a rule; accepted: any other")

    rule:
        name:
            name
        input:
            PLAN.products(SCALE, name),


# Absolute paths of results, and paths past links, are targets, too.
for target, plain in OTHER_NAMES.items():

    rule:
        name:
            target
        input:
            plain,


rule redraw:
    input:
        [
            PLAN.figures(paths.redrawn(SCALE), name, suffix)
            for name in PLAN.reference()
            for suffix in SUFFIXES
        ],
