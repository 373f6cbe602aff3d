"""The revisions of the schema, each written out: expand first, contract in a later release."""
