"""One file per dataset, with `generate`, and what several datasets need: formats, downloads, controls, missing pixels
and summaries. May import `specs` and what lies below it; needs no torch."""
