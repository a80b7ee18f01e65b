# Needs the tables and verdicts of all experiments and every result of a scale. Makes the claims ledger,
# as tables and as pages for the report, the explorer (one page with charts of all tables) and the
# manifest; on request, the comparison with the committed reference, whose verdict `convac compare` gives: the output of a
# job that fails is deleted.


localrules:
    comparison,
    explorer,
    ledger,
    manifest,


rule ledger:
    input:
        lambda wildcards: [
            filled(paths.CLAIMS, scale=wildcards.scale, experiment=name)
            for name in PLAN.experiments
        ],
    output:
        csv=paths.LEDGER_CSV,
        markdown=paths.LEDGER,
        html=report(
            paths.LEDGER_PAGE,
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
        paths.log("ledger/{scale}"),
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


rule explorer:
    input:
        tables=lambda wildcards: [
            PLAN.table(wildcards.scale, name) for name in PLAN.experiments
        ],
        page=local(of_library("plotting/page/page.html")),
        parts=local(sorted(map(str, Path(of_library("plotting/page")).rglob("*.*")))),
    output:
        report(
            paths.EXPLORER,
            category="explorer",
            labels={"result": "charts of every table; cuts and bounds"},
            caption="../report/explorer.rst",
        ),
    log:
        paths.log("explorer/{scale}"),
    conda:
        "../../envs/cpu.yaml"
    params:
        code=source_hash("convac.commands.explorer"),
    message:
        "explorer ({wildcards.scale})"
    shell:
        CONVAC
        + " explorer --tables {input.tables} --source 'the run at {wildcards.scale} scale'"
        " --output {output} --log {log}"


rule comparison:
    input:
        tables=lambda wildcards: [
            PLAN.table(wildcards.scale, name) for name in PLAN.reference()
        ],
        examples=lambda wildcards: [
            PLAN.table(wildcards.scale, name, paths.EXAMPLES)
            for name in PLAN.reference()
        ],
        claims=[filled(paths.CLAIMS, experiment=name) for name in PLAN.reference()],
        reference=local(
            expand(
                [
                    f"{REFERENCE}/tables/{{name}}.parquet",
                    f"{REFERENCE}/examples/{{name}}.parquet",
                    f"{REFERENCE}/claims/{{name}}.csv",
                ],
                name=PLAN.reference(),
            )
        ),
        record=local(f"{REFERENCE}/run.json"),
    output:
        csv=paths.COMPARISON_CSV,
        markdown=paths.COMPARISON,
    log:
        paths.log("comparison/{scale}"),
    conda:
        "../../envs/cpu.yaml"
    params:
        code=source_hash("convac.commands.comparison"),
        reference=lambda wildcards, input: str(Path(input.record).parent),
    message:
        "comparison with the reference ({wildcards.scale})"
    shell:
        CONVAC
        + " comparison --scale {wildcards.scale} --tables {input.tables} --examples {input.examples}"
        " --claims {input.claims} --reference {params.reference:q} --csv {output.csv} --markdown {output.markdown} --log {log}"


rule manifest:
    input:
        lambda wildcards: PLAN.everything(wildcards.scale),
    output:
        paths.MANIFEST,
    log:
        paths.log("manifest/{scale}"),
    conda:
        "../../envs/cpu.yaml"
    params:
        code=source_hash("convac.commands.manifest"),
    message:
        "manifest ({wildcards.scale})"
    shell:
        CONVAC + " manifest --files {input} --output {output} --log {log}"
