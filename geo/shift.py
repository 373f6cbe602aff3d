"""How long a shift lasts at most. Apart from tracks, so that who only needs this number loads no kernels."""

LONGEST_SHIFT_H = 12
"""A shift that nobody ended is over after so many hours."""
