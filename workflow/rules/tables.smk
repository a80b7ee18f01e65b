# Needs the tables of an experiment's cells. Makes its tidy table, that of its example images and, from the
# first alone, the verdicts of its claims.


localrules:
    cells,
    collect,
    claims,


rule cells:
    output:
        paths.CELLS,
    log:
        paths.log("cells/{scale}-{experiment}"),
    conda:
        "../../envs/cpu.yaml"
    params:
        cells=lambda wildcards: PLAN.entries(
            wildcards.scale, wildcards.experiment, placed
        ),
    message:
        "cells of {wildcards.experiment} ({wildcards.scale})"
    shell:
        "printf '%s\\n' {params.cells:q} > {output}.part 2> {log} && mv {output}.part {output}"


rule collect:
    input:
        cells=rules.cells.output,
        tables=lambda wildcards: PLAN.studies[
            wildcards.scale, wildcards.experiment
        ].tables(),
    output:
        table=paths.TABLE,
        csv=report(
            paths.TABLE_CSV,
            category="{experiment}",
            labels={"result": "tidy table, to download"},
            caption="../report/table.rst",
        ),
        examples=paths.EXAMPLES,
    log:
        paths.log("collect/{scale}-{experiment}"),
    benchmark:
        paths.benchmark("collect/{scale}-{experiment}")
    # before anything else is computed: a figure waits for it
    priority: 2
    conda:
        "../../envs/cpu.yaml"
    params:
        code=source_hash("convac.commands.collect"),
    message:
        "table of {wildcards.experiment} ({wildcards.scale})"
    shell:
        CONVAC
        + " collect --cells {input.cells} --table {output.table} --csv {output.csv}"
        " --examples {output.examples} --log {log}"


rule claims:
    input:
        table=lambda wildcards: PLAN.table(wildcards.scale, wildcards.experiment),
    output:
        paths.CLAIMS,
    log:
        paths.log("claims/{scale}-{experiment}"),
    benchmark:
        paths.benchmark("claims/{scale}-{experiment}")
    priority: 2
    conda:
        "../../envs/cpu.yaml"
    params:
        study=lambda wildcards: PLAN.study(wildcards.experiment),
        code=lambda wildcards: source_hash(
            "convac.commands.claims",
            f"convac.experiments.{PLAN.study(wildcards.experiment)}.claims",
        ),
    message:
        "verdicts of {wildcards.experiment} ({wildcards.scale})"
    shell:
        CONVAC
        + " claims --study {params.study} --table {input.table} --scale {wildcards.scale} --output {output}"
        " --log {log}"
