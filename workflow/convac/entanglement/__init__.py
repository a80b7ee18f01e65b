"""How entangled a network, a function or a dataset is: one file per engine behind the front door `measure`, min-cuts,
exact ranks, and the laws that ranks follow. May import `circuits` and what lies below it; torch in `differentiable`,
and inside functions."""
