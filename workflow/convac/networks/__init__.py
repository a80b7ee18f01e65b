"""Networks as torch modules over pooling trees, one file a network, with `build`; beside them what several need:
inputs, layers, products, representations. May import `circuits`, `specs` and what lies below them."""
