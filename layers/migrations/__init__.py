"""The migrations of the schema, run by ``service.database.migrate``."""
