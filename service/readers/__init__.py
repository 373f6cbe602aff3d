"""Readers of what people send: JSON, tables of points, tracks, area files."""
