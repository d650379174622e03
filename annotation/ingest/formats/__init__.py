"""One reader a format: a ``Source`` comes in, ``Candidate``s go out.

``plain`` (.txt), ``markdown``, ``web`` (.html), ``json_lines``, ``json_values`` (.json),
``table`` (.csv, .tsv), ``parquet``. A reader rejects what it cannot take, row by row, and
raises ``RefusedError`` when the file cannot be read or not be read further.
"""
