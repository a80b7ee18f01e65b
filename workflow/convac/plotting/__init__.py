"""How figures look: house style, panels, primitives, checks of legibility; no experiment's figures. May import
`advice`, whose figure it draws, `claims`, whose verdicts it shows, and what lies below them."""
