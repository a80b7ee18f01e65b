# Needs the verdicts of all experiments and every result of a scale. Makes the claims ledger, as
# tables and as pages for the report, and the manifest.


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
        markdown="results/{scale}/claims.md",
        html=report(
            "results/{scale}/claims.html",
            category="claims",
            labels={"result": "claims of every experiment"},
            caption="../report/claims.rst",
        ),
        pages=[
            report(
                page,
                category=name,
                labels={"result": "claims and verdicts"},
                caption="../report/claims.rst",
            )
            for name, page in zip(PLAN.experiments, PLAN.pages("{scale}"))
        ],
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
        + " ledger --claims {input} --csv {output.csv} --markdown {output.markdown}"
        " --html {output.html} --pages {output.pages} --log {log}"


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
