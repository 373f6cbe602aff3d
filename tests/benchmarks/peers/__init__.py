"""What we are measured against: each module runs in the peers' environment and tells seconds and answers."""
