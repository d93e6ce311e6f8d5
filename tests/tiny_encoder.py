"""An encoder that is trained in seconds: its sizes, as a configuration gives them."""

from __future__ import annotations

__all__ = ["TINY"]

TINY = {
    "front_channels": 4,
    "outer_dim": 32,
    "outer_layers": 1,
    "inner_dim": 32,
    "inner_layers": 1,
    "heads": 2,
}
