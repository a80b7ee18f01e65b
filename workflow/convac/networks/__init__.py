"""Networks as torch modules over pooling trees, one file per network, with `build`, and what several networks need:
inputs, layers, products, representations. May import `circuits`, `specs` and what lies below them."""
