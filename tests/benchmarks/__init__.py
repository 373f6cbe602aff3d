"""Speed against named peers, on the same machine in one run, with the answers compared.

``python -m tests.benchmarks NAME [--small] [--units N] [--json FILE] [--no-peers]``. Peers live in an
environment of their own, made at first use from ``peers.lock``, and run one at a time as processes of their
own. ``--small`` checks the comparison, not the speed.
"""
