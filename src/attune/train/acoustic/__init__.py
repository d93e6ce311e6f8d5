"""Training of acoustic models: encoder, data, loop, export.

The parts are imported by name (`attune.train.acoustic.loop`, ...): all but the configuration need
PyTorch, which only the extra `train` brings.
"""

from attune.train.acoustic.config import AcousticConfig, read_config

__all__ = ["AcousticConfig", "read_config"]
