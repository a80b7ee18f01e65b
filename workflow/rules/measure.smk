# Needs the trained weights of results/runs/<cell>. Makes a table of what is measured on them there.


rule measure:
    input:
        spec=f"{paths.RUN}/spec.json",
        model=rules.train.output.model,
        history=rules.train.output.history,
        data=lambda wildcards: PLAN.data(wildcards.cell),
    output:
        table=paths.MEASURED,
        record=paths.MEASURED_RECORD,
    log:
        paths.log("measure/{cell}-{digest}"),
    benchmark:
        paths.benchmark("measure/{cell}-{digest}")
    # before more is trained: measured last, it would leave the other cores idle
    priority: 1
    # on a cluster; a dry run shows the cells one by one
    group:
        lambda wildcards: (
            PLAN.group(wildcards.cell) if workflow.non_local_exec else None
        )
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=PLAN.limits("measure").mem_mb,
        runtime=PLAN.limits("measure").runtime,
        disk_mb=PLAN.limits("measure").disk_mb,
    params:
        code=lambda wildcards: source_hash(
            "convac.commands.entanglement",
            *PLAN.runs[wildcards.cell].modules,
            *PLAN.measures[wildcards.cell, wildcards.digest].modules,
        ),
        measure=lambda wildcards: PLAN.measured(wildcards.cell, wildcards.digest),
        memory=lambda wildcards: PLAN.engine_mb(wildcards.cell),
    message:
        "measure {wildcards.cell} [{resources.runtime} min, {resources.mem_mb} MB memory, {resources.disk_mb} MB disk at most]"
    shell:
        CONVAC
        + " entanglement --spec {input.spec} --measure {params.measure:q} --model {input.model}"
        " --history {input.history} --data {input.data} --memory {params.memory}"
        " --output {output.table} --record {output.record} --log {log}"
