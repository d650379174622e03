"""Exit codes and the errors that users see.

    MiyarError              exit 3: the data or a gate is wrong
    ├── RecordError         a file or record does not follow its schema
    ├── AlignmentError      an offset does not fit its text
    ├── GateError           totals do not add up, or a condition of a step is not met
    ├── UsageError          exit 2: the command was called with something that cannot work
    └── ServerError         exit 4: Label Studio is missing, unreachable or refuses

Everything else that escapes is a bug (exit 1) and shows its traceback.
A message says what is wrong and where, what was got and expected, and what to do.
"""

from __future__ import annotations

from enum import IntEnum
from typing import ClassVar


class ExitCode(IntEnum):
    """What the process returns."""

    DONE = 0
    BUG = 1
    USAGE = 2
    DATA = 3
    SERVER = 4


class MiyarError(Exception):
    """Something that the user can mend; shown without a traceback."""

    exit_code: ClassVar[ExitCode] = ExitCode.DATA


class RecordError(MiyarError):
    """A file or record does not follow its schema."""


class AlignmentError(MiyarError):
    """An offset does not fit its text."""


class GateError(MiyarError):
    """Totals do not add up, or a condition of a step is not met."""


class UsageError(MiyarError):
    """The command was called with something that cannot work."""

    exit_code = ExitCode.USAGE


class ServerError(MiyarError):
    """Label Studio is missing, unreachable or refuses."""

    exit_code = ExitCode.SERVER
