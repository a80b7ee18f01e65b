"""What the papers say, as statistics of tidy tables with verdicts: claims, the ledger that gathers them, and the
comparison of two runs. May import `specs`, `statistics` and what lies below them."""
