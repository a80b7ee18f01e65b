"""One folder an experiment, found by its name: `block` says what runs, `claims` what is claimed, `figures` draws, and
where the experiment computes, `jobs` has the types of its jobs and `compute` their tables; beside the folders stands
what all of them keep to. May import `plotting` and whatever lies below it, never another experiment."""
