"""The portal: the service's pages for people with a browser."""

from attune.portal.application import install

__all__ = ["install"]
