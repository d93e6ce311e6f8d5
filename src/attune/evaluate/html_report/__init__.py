"""Evaluations as one HTML file that needs nothing else: figures, errors highlighted, and audio."""

from .page import write_html

__all__ = ["write_html"]
