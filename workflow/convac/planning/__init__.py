"""From the config to jobs: its checks, the plan of every experiment and scale, what jobs take, and where results stand.
May import `experiments` and whatever lies below it; needs no torch."""
