"""Request and answer shapes of the HTTP routes, one module a router."""
