"""Crash proof: the real service under retrying clients, with lost acknowledgements, killed again and again.

``run.crash`` starts a private cluster with everything on that keeps data, a service on it, a proxy that loses
answers, and clients that repeat each request until it is answered. It kills the service, a backend of the
database and the postmaster in turn. ``verdict.compare`` then holds the store against what the clients were
promised. The test does 20 kills, ``./wardline bench crash`` 500.

``power`` cuts the power instead: the home lies on a file system that forgets what was not synced.
``failover`` kills the first server for good, and its replica takes over.
"""
