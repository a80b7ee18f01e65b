"""How figures look: house style, panels, primitives, checks of legibility; no experiment's figures. May import
`advice`, whose figure it draws, and what lies below it."""
