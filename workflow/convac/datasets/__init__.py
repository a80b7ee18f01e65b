"""One file a dataset, with `generate`; beside them what several need: formats, downloads, controls, missing pixels and
summaries. May import `specs` and what lies below it; needs no torch."""
