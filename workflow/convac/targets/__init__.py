"""Target functions of images: listed on all inputs, exact at any size, and by scans of columns. May import `arrays`,
`seeds` and `errors`."""
