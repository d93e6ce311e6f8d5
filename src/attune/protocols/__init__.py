"""The service's APIs, each in the words of the clients that people have already."""

from attune.protocols.application import create_app

__all__ = ["create_app"]
