"""``python -m eval`` is ``miyar eval``."""

from eval.cli import app
from schemas.console import run

run(app, prog_name="python -m eval")
