"""From the config to jobs: its checks, the plan of every experiment and scale, what jobs need, and where results are.
May import `experiments` and whatever lies below it; needs no torch."""
