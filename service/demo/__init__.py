"""The demo district: a fictional county along a real stretch of border, made up the same way every time."""
