"""Training: acoustic models, language models, pronunciation, display text, synthesised speech.

Each is a module of its own; nothing is imported here, since they need different extras.
"""

__all__ = ()
