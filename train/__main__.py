"""``python -m train`` is ``miyar train``."""

from schemas.console import run
from train.cli import app

run(app, prog_name="python -m train")
