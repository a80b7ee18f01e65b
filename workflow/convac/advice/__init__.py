"""A network tailored to data before it is trained: pair dependence, trees, widths, short trials. May import `training`,
`entanglement`, `networks`, `datasets`, `specs`, `geometry` and what lies below; needs no torch without trials."""
