"""Networks trained elsewhere, made into bundles.

Looking at ONNX files needs the runtime alone; converting Hugging Face directories and rounding
weights need the extra `import`, only while importing.
"""

from __future__ import annotations

from attune.convert.families import FAMILIES
from attune.convert.huggingface import ARCHITECTURES
from attune.convert.importing import ImportRequest, import_model
from attune.convert.report import ImportReport

__all__ = ["ARCHITECTURES", "FAMILIES", "ImportReport", "ImportRequest", "import_model"]
