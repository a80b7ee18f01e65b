# Needs nothing but the config. Makes results/theory/<cell>: the spec and the table of one theory job.


localrules:
    theory_spec,


rule theory_spec:
    output:
        "results/theory/{cell}/spec.json",
    log:
        "results/logs/spec/{cell}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        spec=lambda wildcards: PLAN.spec("theory", wildcards.cell),
    message:
        "spec of theory job {wildcards.cell}"
    shell:
        "printf '%s\\n' {params.spec:q} > {output}.part 2> {log} && mv {output}.part {output}"


rule theory:
    input:
        spec=rules.theory_spec.output,
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
