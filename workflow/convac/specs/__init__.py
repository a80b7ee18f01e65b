"""Specifications of jobs, as strict data with a canonical form and a digest; how plain data becomes specs, what the
columns and quantities of tables mean and where they stand, and networks of equal size. May import `geometry` and what
lies below it; needs no torch."""
