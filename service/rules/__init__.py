"""Rules of the domain: pure values in, values out; no clock, no storage, no web."""
