"""Tensorial mixture models as data: families, leaves, likelihoods, entropies and expectation-maximisation. May import
`geometry` and what lies below it; needs no torch."""
