"""Where sites are and how they are joined: pooling trees, and partitions of the sites. May import `arrays`, `files`,
`seeds` and `errors`."""
