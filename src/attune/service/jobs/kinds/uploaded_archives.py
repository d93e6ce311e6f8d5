"""Zips of recordings that people upload: which layout they have, and that they keep to themselves.

An archive of the kind that Azure takes is read as it is. Others are unpacked first, and a table in
them that names files outside of the archive is refused: it could name any file of the server.
"""

from __future__ import annotations

from pathlib import Path

from attune.data import detect_layout
from attune.data.archive import ZipAudio
from attune.data.found import Found, leads_out
from attune.errors import InputError

__all__ = ["layout_of"]

_TABLE = "trans.txt"
_TRUSTED = frozenset({"azure-folder", "common-voice", "librispeech", "audio-folder"})
"""Layouts that are read without ever leaving their folder."""
_CHECKED = frozenset({"manifest", "deepspeech"})
"""Those whose tables are looked through first."""
_TABLES = (".tsv", ".csv")


def layout_of(archive: Path, kind: str, workspace: Path) -> tuple[Path, str]:
    """What of an uploaded zip of a kind ("acoustic", "audio") to import, and in which layout.

    InputError for an archive that cannot be read or holds nothing known.
    """
    if kind == "audio":
        return archive, "audio-zip"
    with ZipAudio(archive) as opened:
        names = {name.rpartition("/")[2].lower() for name in opened.names}
        texts = [name for name in opened.names if name.lower().endswith((".txt", ".tsv"))]
        beside = archive.with_name(_TABLE).exists()
        known = {"manifest.tsv", "validated.tsv", "train.tsv"} & names
        tree = any(name.endswith(".trans.txt") for name in names)
        table = any(name.endswith(".csv") for name in names)
        if _TABLE in names or beside or (len(texts) == 1 and not (known or tree or table)):
            return archive, "azure-zip"
        for name in opened.names:
            opened.extract(name, workspace)
    return _inside(workspace, archive)


def _inside(folder: Path, archive: Path) -> tuple[Path, str]:
    """The place and layout in an unpacked archive."""
    while len(only := list(folder.iterdir())) == 1 and only[0].is_dir():
        folder = only[0]
    tables = sorted(
        path for path in folder.iterdir() if path.suffix.lower() in _TABLES and path.is_file()
    )
    manifests = [path for path in tables if path.name == "manifest.tsv"]
    for place in (*manifests, folder, *tables):
        try:
            layout, table = detect_layout(place, kind="acoustic")
        except InputError:
            continue
        if layout.name in _CHECKED:
            for item in layout.read(table, folder):
                if isinstance(item, Found) and leads_out(Path(item.key), folder):
                    raise InputError(
                        f"{item.where}: names a file outside of the archive: name those in it"
                    )
        elif layout.name not in _TRUSTED:
            break
        return place, layout.name
    raise InputError(
        f"{archive}: no transcript in a known form: put trans.txt (lines `file.wav<TAB>text`) into "
        "the zip, or choose the kind Audio for recordings alone"
    )
