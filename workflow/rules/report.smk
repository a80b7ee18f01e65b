# Needs the verdicts of all experiments and every result of a scale. Makes the claims ledger and the manifest.


localrules:
    ledger,
    manifest,


rule ledger:
    input:
        lambda wildcards: [
            f"results/{wildcards.scale}/claims/{name}.csv" for name in PLAN.experiments
        ],
    output:
        csv="results/{scale}/claims.csv",
        markdown=report(
            "results/{scale}/claims.md",
            category="claims",
            caption="../report/claims.rst",
        ),
    log:
        "results/logs/ledger/{scale}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        code=source_hash("convac.commands.ledger"),
    message:
        "claims ledger ({wildcards.scale})"
    shell:
        CONVAC
        + " ledger --claims {input} --csv {output.csv} --markdown {output.markdown} --log {log}"


rule manifest:
    input:
        lambda wildcards: PLAN.everything(wildcards.scale),
    output:
        "results/{scale}/manifest.json",
    log:
        "results/logs/manifest/{scale}.log",
    conda:
        "../../envs/cpu.yaml"
    params:
        code=source_hash("convac.commands.manifest"),
    message:
        "manifest ({wildcards.scale})"
    shell:
        CONVAC + " manifest --files {input} --output {output} --log {log}"
