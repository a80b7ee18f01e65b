"""One file a command of `convac`, with `add_arguments` and `run`; a job of the workflow is one command. May import
whatever lies below the command line, but no experiment's files, which are found by name."""
