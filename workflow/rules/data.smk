# Needs the config and, for published image sets, network or a folder with their files. Makes
# results/downloads/<source>: these files; results/datasets/<dataset>: the arrays, and their summary.


# A cluster's nodes may be offline: files are fetched where Snakemake runs.
localrules:
    download,
    images,


rule download:
    output:
        f"{paths.DOWNLOADS}/record.json",
    log:
        paths.log("download/{source}"),
    retries: 0
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=500,
        runtime=30,
        disk_mb=600,
    params:
        code=source_hash("convac.commands.download"),
        folder=placed(paths.DOWNLOADS),
        # derived from `output`, so that another folder reruns nothing
        local=lambda wildcards, output: (
            ["--local", PLAN.config.local_data] if PLAN.config.local_data else []
        ),
    message:
        "download {wildcards.source} [{resources.runtime} min, {resources.mem_mb} MB memory, {resources.disk_mb} MB disk at most]"
    shell:
        CONVAC
        + " download --name {wildcards.source} --folder {params.folder} {params.local:q} --log {log}"


# Images of the user's own, by their content: the same ones elsewhere, or touched, make nothing again.
rule images:
    input:
        lambda wildcards: ancient(PLAN.own_images[wildcards.own]),
    output:
        f"{paths.OWN_IMAGES}/images.safetensors",
        record=f"{paths.OWN_IMAGES}/record.json",
    log:
        paths.log("images/{own}"),
    conda:
        "../../envs/cpu.yaml"
    resources:
        mem_mb=2000,
        runtime=30,
        disk_mb=600,
    params:
        code=source_hash("convac.commands.images"),
        folder=placed(paths.OWN_IMAGES),
    message:
        "images {wildcards.own} [{resources.runtime} min, {resources.mem_mb} MB memory, {resources.disk_mb} MB disk at most]"
    shell:
        CONVAC
        + " images --path {input:q} --name {wildcards.own} --folder {params.folder} --log {log}"


rule dataset:
    input:
        spec=f"{paths.DATASET}/spec.json",
        originals=lambda wildcards: PLAN.originals(wildcards.dataset),
    output:
        data=paths.DATA,
        summary=paths.SUMMARY,
        record=paths.DATA_RECORD,
    log:
        paths.log("dataset/{dataset}"),
    benchmark:
        paths.benchmark("dataset/{dataset}")
    conda:
        "../../envs/cpu.yaml"
    threads: 1
    resources:
        mem_mb=PLAN.limits("dataset").mem_mb,
        runtime=PLAN.limits("dataset").runtime,
        disk_mb=PLAN.limits("dataset").disk_mb,
    params:
        code=lambda wildcards: source_hash(
            "convac.commands.dataset", *PLAN.datasets[wildcards.dataset].modules
        ),
        folder=lambda wildcards, input: [
            f"--folder {Path(path).parent}" for path in input.originals
        ],
    message:
        "dataset {wildcards.dataset} [{resources.runtime} min, {resources.mem_mb} MB memory, {resources.disk_mb} MB disk at most]"
    shell:
        CONVAC
        + " dataset --spec {input.spec} --data {output.data} --summary {output.summary}"
        " --record {output.record} --log {log} {params.folder}"
