# convac: what dependencies a convolutional network can model, and why.
#
# The workflow is workflow/Snakefile, which modules of other workflows name, too; here plain `snakemake` finds it. An
# `include:` would leave no default target.

workflow.include("workflow/Snakefile", overwrite_default_target=True)
