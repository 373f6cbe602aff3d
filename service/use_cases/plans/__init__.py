"""Plans: drafts of redrawn boundaries, what they would do, and their way through review to publication."""
