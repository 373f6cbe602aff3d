"""The service: HTTP routes, use cases, command line and the embedded database cluster."""
