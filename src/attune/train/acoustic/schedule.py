"""What changes with the step: learning rate and the strength of label priors."""

from __future__ import annotations

from attune.train.acoustic.config import OptimizerConfig

__all__ = ["learning_rate", "prior_scale"]


def learning_rate(step: int, config: OptimizerConfig) -> float:
    """Linear warm-up, plateau, linear decay to 1 % (Hu et al. 2024 call it WSD)."""
    if step < config.warmup:
        return config.peak * (step + 1) / config.warmup
    left = max(0, config.steps - step)
    return config.peak * max(0.01, min(1.0, left / max(1, config.decay)))


def prior_scale(step: int, config: OptimizerConfig) -> float:
    """`prior_scale` until the flat start ends, then down to 0 within `prior_steps`."""
    if config.prior_steps == 0:
        return 0.0
    gone = max(0, step - config.flat_start) / config.prior_steps
    return config.prior_scale * max(0.0, 1.0 - gone)
