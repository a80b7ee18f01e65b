"""How figures look: house style, panels, primitives, checks of legibility; no experiment's figures. May import
`statistics`, `files` and `errors`."""
