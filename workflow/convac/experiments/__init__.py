"""One folder per experiment, found by name: `block` says what runs, `claims` what is claimed, `figures` draws, and
where the experiment computes, `jobs` has the types of its jobs and `compute` their tables; beside the folders
stands their common contract. May import `plotting` and whatever lies below it, never another experiment."""
