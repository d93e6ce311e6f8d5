"""What a bundle says about its features."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from attune.errors import InputError

__all__ = ["FRAME_SHIFT", "SAMPLE_RATE", "FeatureParameters"]

SAMPLE_RATE = 16000
"""Samples a second that the shipped models hear."""

FRAME_SHIFT = 0.01
"""Seconds from one frame to the next."""


@dataclass(frozen=True)
class FeatureParameters:
    """What a bundle says about its features. `mean` and `scale` have one value for each bin."""

    sample_rate: int = SAMPLE_RATE
    bins: int = 80
    frame_length_ms: float = 25.0
    frame_shift_ms: float = 10.0
    low_hz: float = 20.0
    high_hz: float = 7600.0
    floor: float = 4.0
    prior: int = 100
    window: int = 600
    mean: tuple[float, ...] = field(default=())
    scale: tuple[float, ...] = field(default=())

    def __post_init__(self) -> None:
        for name in ("mean", "scale"):
            values = getattr(self, name)
            if values and len(values) != self.bins:
                raise InputError(
                    f"feature parameters: {name} has {len(values)} values, expected {self.bins}"
                )

    def to_json(self) -> dict[str, object]:
        """Plain values for the bundle."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, object]) -> FeatureParameters:
        """Inverse of `to_json`; InputError names an unknown or unusable field."""
        try:
            plain = {
                k: tuple(float(x) for x in v) if isinstance(v, (list, tuple)) else v
                for k, v in values.items()
            }
            return cls(**plain)  # type: ignore[arg-type]
        except (TypeError, ValueError) as error:
            raise InputError(f"feature parameters cannot be read: {error}") from error
