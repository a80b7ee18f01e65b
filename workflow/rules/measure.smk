# Needs the trained weights of results/runs/<cell>. Makes a table of their entanglement there.


rule measure:
    input:
        spec=rules.run_spec.output,
        model=rules.train.output.model,
    output:
        "results/runs/{cell}/entanglement-{digest}.parquet",
    log:
        "results/logs/measure/{cell}-{digest}.log",
    benchmark:
        "results/benchmarks/measure/{cell}-{digest}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=4000,
        runtime=20,
        disk_mb=5,
    params:
        code=lambda wildcards: source_hash(
            "convac.commands.entanglement", *PLAN.runs[wildcards.cell].network.modules
        ),
        partitions=lambda wildcards: PLAN.measures[
            wildcards.cell, wildcards.digest
        ].partitions,
    message:
        "measure {wildcards.cell} [{resources.runtime} min, {resources.mem_mb} MB memory, {resources.disk_mb} MB disk at most]"
    shell:
        CONVAC
        + " entanglement --spec {input.spec} --model {input.model} --partitions {params.partitions}"
        " --output {output} --log {log}"
