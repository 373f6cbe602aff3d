"""Stored layers: one module a layer, each with its frozen values, its table and its store."""
