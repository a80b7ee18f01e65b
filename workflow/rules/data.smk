# Needs nothing but the config. Makes results/datasets/<dataset>: the spec, the arrays, and their summary.


localrules:
    dataset_spec,


rule dataset_spec:
    output:
        "results/datasets/{dataset}/spec.json",
    log:
        "results/logs/spec/{dataset}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        spec=lambda wildcards: PLAN.spec("datasets", wildcards.dataset),
    message:
        "spec of dataset {wildcards.dataset}"
    shell:
        "printf '%s\\n' {params.spec:q} > {output}.part 2> {log} && mv {output}.part {output}"


rule dataset:
    input:
        spec=rules.dataset_spec.output,
    output:
        data="results/datasets/{dataset}/data.safetensors",
        summary="results/datasets/{dataset}/summary.parquet",
        record="results/datasets/{dataset}/run.json",
    log:
        "results/logs/dataset/{dataset}.log",
    benchmark:
        "results/benchmarks/dataset/{dataset}.tsv"
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=2000,
        runtime=10,
        disk_mb=lambda wildcards: disk(PLAN.datasets[wildcards.dataset]),
    params:
        code=lambda wildcards: source_hash(
            "convac.commands.dataset", *PLAN.datasets[wildcards.dataset].modules
        ),
    message:
        "dataset {wildcards.dataset} [{resources.runtime} min, {resources.mem_mb} MB memory, {resources.disk_mb} MB disk at most]"
    shell:
        CONVAC
        + " dataset --spec {input.spec} --data {output.data} --summary {output.summary}"
        " --record {output.record} --log {log}"
