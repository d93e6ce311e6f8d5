"""Writing recordings."""

from __future__ import annotations

import os
import uuid
import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

from attune.errors import InputError

__all__ = ["write_wav"]


def write_wav(
    path: str | os.PathLike[str],
    samples: npt.NDArray[np.float32] | npt.NDArray[np.int16],
    sample_rate: int,
) -> None:
    """Write mono samples [sample], float -1 to 1 or int16, as 16-bit PCM WAV.

    The file appears whole or not at all. Values beyond full scale are clipped. Reading it back
    gives float samples within 1/65536 (full scale: 1/32768) and int16 samples exactly. Raises
    `InputError` for samples that are not numbers or not mono, and for a path that cannot be
    written.
    """
    path = Path(path)
    if samples.ndim != 1:
        raise InputError(f"{path}: samples of shape {samples.shape} are not mono. Give [sample].")
    if samples.dtype.kind == "f":
        if not np.isfinite(samples).all():
            raise InputError(f"{path}: samples that are not numbers cannot be written.")
        samples = np.clip(np.rint(samples * 32768.0), -32768, 32767).astype(np.int16)
    elif samples.dtype != np.int16:
        raise InputError(f"{path}: {samples.dtype} samples. Give floating point or int16.")
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}.tmp")
    try:
        try:
            with temporary.open("xb") as stream, wave.open(stream, "wb") as file:
                file.setnchannels(1)
                file.setsampwidth(2)
                file.setframerate(sample_rate)
                file.writeframes(samples.astype("<i2").tobytes())
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(
            f"{path}: cannot be written ({error.strerror or error}). Check the folder and the "
            "space on the disk."
        ) from error
