"""``python -m annotation`` is ``miyar annotation``."""

from annotation.cli import app
from schemas.console import run

run(app, prog_name="python -m annotation")
