"""Published tables: what they print, our runs beside them, and whether ours agree."""
