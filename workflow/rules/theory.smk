# Needs a spec of results/theory/<cell>. Makes the table of that theory job beside it.


rule theory:
    input:
        spec=f"{paths.THEORY}/spec.json",
    output:
        table=paths.THEORY_TABLE,
        record=paths.THEORY_RECORD,
    log:
        paths.log("theory/{cell}"),
    benchmark:
        paths.benchmark("theory/{cell}")
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
