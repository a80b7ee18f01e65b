"""Networks as data: shapes, weights and values over a field, and the files that exchange them. May import `geometry`
and what lies below it; needs no torch."""
