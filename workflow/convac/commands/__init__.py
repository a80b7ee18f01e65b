"""One file per command of `convac`, with `add_arguments` and `run`; a job of the workflow is one command. May import
`planning` and whatever lies below it, but no experiment's files, which are found by name."""
