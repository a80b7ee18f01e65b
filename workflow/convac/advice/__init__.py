"""A network tailored to data before it is trained: pair dependence, trees, widths. May import `entanglement`, `specs`,
`geometry` and what lies below them; needs no torch."""
