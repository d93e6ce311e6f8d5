"""The management API: in the shape of Speech-to-text REST v3, and what that lacks under
/attune/v1."""

from attune.protocols.management.routing import install, router

__all__ = ["install", "router"]
