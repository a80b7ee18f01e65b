# Needs the config. Makes results/<room>/<job>/spec.json: what a job of datasets, runs or theory is, all that it reads.


localrules:
    spec,


rule spec:
    output:
        paths.SPEC,
    log:
        paths.log("spec/{room}-{job}"),
    conda:
        "../../envs/cpu.yaml"
    params:
        spec=lambda wildcards: PLAN.spec(wildcards.room, wildcards.job),
    message:
        "spec of {wildcards.job}"
    shell:
        "printf '%s\\n' {params.spec:q} > {output}.part 2> {log} && mv {output}.part {output}"
