"""Photos as files: kept by their SHA-256, recognised by how they begin, given out without what they tell."""
