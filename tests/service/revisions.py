"""Copies of the folder of revisions: as it was at the first one, and as it may be one day."""

from __future__ import annotations

import shutil
from pathlib import Path

from alembic.config import Config
from alembic.script import ScriptDirectory

from attune.service.migrations import upgrading

__all__ = ["FURTHER", "first_revision", "further_revision"]

FURTHER = '''"""Further: a table, columns, a key between tables, a value for every row."""

import sqlalchemy as sa
from alembic import op

revision = "further"
down_revision = {newest!r}


def upgrade() -> None:
    op.create_table(
        "teams",
        sa.Column("id", sa.String(36), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_teams"),
    )
    op.execute("INSERT INTO teams (id, name) VALUES ('everybody', 'Everybody')")
    # These tables are rebuilt by SQLite; others refer to them, and models also to themselves.
    with op.batch_alter_table("projects") as projects:
        projects.add_column(sa.Column("team_id", sa.String(36), nullable=True))
        projects.create_foreign_key("fk_projects_team_id", "teams", ["team_id"], ["id"])
        projects.alter_column("description", existing_type=sa.Text(), nullable=True)
    with op.batch_alter_table("models") as models:
        models.add_column(sa.Column("stars", sa.Integer(), nullable=False, server_default="3"))
        models.alter_column("language", existing_type=sa.String(16), type_=sa.String(40))
    op.execute("UPDATE projects SET team_id = 'everybody'")
    op.create_index("ix_projects_team_id", "projects", ["team_id"])
'''


def first_revision(folder: Path) -> Path:
    """In `folder`, the revisions of the first version."""
    made = _copy(folder / "first")
    for path in (made / "versions").glob("*.py"):
        if not path.name.startswith("0001_"):
            path.unlink()
    return made


def further_revision(folder: Path, text: str = FURTHER) -> Path:
    """In `folder`, all revisions and one behind them."""
    made = _copy(folder / "further")
    config = Config()
    config.set_main_option("script_location", str(made))
    newest = ScriptDirectory.from_config(config).get_current_head()
    (made / "versions" / "further.py").write_text(text.format(newest=newest), "utf-8")
    return made


def _copy(to: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(upgrading.FOLDER, to, ignore=ignored))
