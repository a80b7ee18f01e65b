# Needs an experiment's table, example images, verdicts and notebook. Makes its figures, the executed notebook and its
# record. Which figures there are differs by experiment, so each has its own rule.


for name in PLAN.experiments:

    rule:
        name:
            f"figure_{name}"
        input:
            notebook=local(own_file(f"notebooks/{PLAN.study(name)}.ipynb")),
            table=lambda wildcards, name=name: PLAN.table(wildcards.scale, name),
            examples=lambda wildcards, name=name: PLAN.table(
                wildcards.scale, name, paths.EXAMPLES
            ),
            claims=filled(paths.CLAIMS, experiment=name),
            style=local(of_library("plotting/convac.mplstyle")),
        output:
            notebook=filled(paths.NOTEBOOK, experiment=name),
            record=filled(paths.FIGURE_RECORD, experiment=name),
            svg=[
                report(
                    path,
                    category=name,
                    labels={"result": f"figure {figure}"},
                    caption=f"../report/captions/{figure.replace(name, PLAN.study(name), 1)}.rst",
                )
                for figure, path in zip(
                    PLAN.captions(name), PLAN.figures("{scale}", name, "svg")
                )
            ],
            others=PLAN.figures("{scale}", name, "pdf")
            + PLAN.figures("{scale}", name, "png"),
        log:
            notebook=paths.log(f"figure/{{scale}}-{name}", "ipynb"),
            text=paths.log(f"figure/{{scale}}-{name}"),
        benchmark:
            paths.benchmark(f"figure/{{scale}}-{name}")
        # pictures first: they are what somebody waits for
        priority: 2
        conda:
            "../../envs/cpu.yaml"
        threads: 1
        resources:
            mem_mb=PLAN.limits("figure").mem_mb,
            runtime=PLAN.limits("figure").runtime,
            disk_mb=PLAN.limits("figure").disk_mb,
        params:
            study=PLAN.study(name),
            # a copy's age says nothing
            notebook=(
                sha256(own_file(f"notebooks/{PLAN.study(name)}.ipynb"))
                if HOSTED
                else None
            ),
            stem=placed(f"{paths.SCALE}/figures/{name}"),
            code=source_hash(
                "convac.commands.figure",
                f"convac.experiments.{PLAN.study(name)}.figures",
                "convac.experiments.notebook",
            ),
        message:
            f"figures of {name} ({{wildcards.scale}})"
        shell:
            CONVAC
            + " figure --notebook {input.notebook:q} --study {params.study} --table {input.table:q}"
            " --examples {input.examples:q} --claims {input.claims} --stem {params.stem}"
            " --attempt {log.notebook} --output {output.notebook} --record {output.record} --log {log.text}"
