# Needs results/datasets. Makes results/runs/<cell>: the trained weights of all seeds, and their history.


rule train:
    input:
        spec=f"{paths.RUN}/spec.json",
        data=lambda wildcards: PLAN.data(wildcards.cell),
    output:
        model=paths.MODEL,
        history=paths.HISTORY,
        record=paths.RUN_RECORD,
    log:
        paths.log("train/{cell}"),
    benchmark:
        paths.benchmark("train/{cell}")
    # on a cluster; a dry run shows the cells one by one
    group:
        lambda wildcards: (
            PLAN.group(wildcards.cell) if workflow.non_local_exec else None
        )
    conda:
        "../../envs/cuda.yaml"
        if PLAN.config.device == "cuda"
        else "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=PLAN.limits("train").mem_mb,
        runtime=PLAN.limits("train").runtime,
        disk_mb=PLAN.limits("train").disk_mb,
        gpu=int(PLAN.config.device == "cuda"),
    params:
        code=lambda wildcards: source_hash(
            "convac.commands.train", *PLAN.runs[wildcards.cell].modules
        ),
        device=PLAN.config.device,
    message:
        "train {wildcards.cell} [{resources.runtime} min, {resources.mem_mb} MB memory, {resources.disk_mb} MB disk at most]"
    shell:
        CONVAC
        + " train --spec {input.spec} --data {input.data} --model {output.model}"
        " --history {output.history} --record {output.record} --device {params.device}"
        " --log {log}"
