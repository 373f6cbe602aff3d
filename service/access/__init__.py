"""Who asks and what they may: identities, the policy of every route, passwords, sessions and tokens."""
