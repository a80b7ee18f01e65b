"""Measurements on the trained networks of a run, one file each, as rows of the tidy table. May import `training`
and what lies below."""
