"""How networks are trained: the loop, its optimizer, checks, history and checkpoints, how trained networks are
evaluated on test images, and the fit on all inputs at once. May import `datasets`, `networks`, `entanglement` and what
lies below."""
