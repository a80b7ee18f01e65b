# Needs a spec of results/theory/<cell>. Makes the table of that theory job beside it.


rule theory:
    input:
        spec="results/theory/{cell}/spec.json",
    output:
        table="results/theory/{cell}/table.parquet",
        record="results/theory/{cell}/run.json",
    log:
        "results/logs/theory/{cell}.log",
    benchmark:
        "results/benchmarks/theory/{cell}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=PLAN.limits("theory").mem_mb,
        runtime=PLAN.limits("theory").runtime,
        disk_mb=PLAN.limits("theory").disk_mb,
    params:
        code=lambda wildcards: source_hash(
            "convac.commands.theory", *PLAN.theories[wildcards.cell].modules
        ),
    message:
        "theory {wildcards.cell} [{resources.runtime} min, {resources.mem_mb} MB memory, {resources.disk_mb} MB disk at most]"
    shell:
        CONVAC
        + " theory --spec {input.spec} --output {output.table} --record {output.record} --log {log}"
