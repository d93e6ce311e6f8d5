"""The database's schema, brought from any earlier version to the one of `tables`."""

from attune.service.migrations.upgrading import upgrade

__all__ = ["upgrade"]
