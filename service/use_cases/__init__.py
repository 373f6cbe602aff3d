"""Use cases: plain functions over stores and values that know no framework and no SQL."""
