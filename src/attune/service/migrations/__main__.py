"""For developers: write the revision that brings the newest one to what `tables` says.

    python -m attune.service.migrations ID "What it does"

While 0001 is unreleased: remove it, and write it again.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command
from alembic.operations.ops import MigrationScript
from alembic.runtime.migration import MigrationContext

from attune.service.database import Database
from attune.service.migrations.upgrading import configuration, upgrade


def _upgrade_only(context: MigrationContext, _: object, scripts: list[MigrationScript]) -> None:
    for script in scripts:
        if script.downgrade_ops is not None:
            script.downgrade_ops.ops = []


def write_revision(name: str, message: str) -> list[Path]:
    """Compare `tables` with the revisions so far and write the next one."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/empty.db")
        upgrade(database)
        config = configuration()
        with database.session() as session:
            config.attributes["connection"] = session.connection()
            written = command.revision(
                config,
                message,
                autogenerate=True,
                rev_id=name,
                process_revision_directives=_upgrade_only,
            )
        database.close()
    scripts = written if isinstance(written, list) else [written]
    return [Path(script.path) for script in scripts if script is not None]


if __name__ == "__main__":
    paths = write_revision(sys.argv[1], sys.argv[2])
    for path in paths:
        lines = path.read_text("utf-8").splitlines(keepends=True)
        text = "".join(line for line in lines if "# ###" not in line)
        # The names of foreign keys follow from their columns (see `Base.metadata`).
        path.write_text(re.sub(r", name=op\.f\('fk_\w+'\)", "", text), "utf-8")
        subprocess.run(["ruff", "format", path], check=True)
        subprocess.run(["ruff", "check", "--fix", path], check=True)
