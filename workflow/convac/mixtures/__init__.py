"""Tensorial mixture models as data: families, leaves, likelihoods, entropies and expectation-maximisation. May import
`entanglement`, `geometry` and what lies below them; needs no torch."""
