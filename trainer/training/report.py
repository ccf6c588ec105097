"""Says how the training goes, as one JSON object a line on standard output."""

import json
import math
import sys


class Report:
    """The lines that whoever started the training reads."""

    def __init__(self, out=None):
        # Libraries print; only our own lines may reach the reader, so the rest goes elsewhere.
        self._out = out or sys.stdout

    def say(self, kind, **fields):
        """One line, complete and flushed."""
        line = {"type": kind, **{name: plain(value) for name, value in fields.items()}}
        self._out.write(json.dumps(line, ensure_ascii=False, allow_nan=False) + "\n")
        self._out.flush()

    def log(self, text, level="info"):
        """A line for people."""
        self.say("log", level=level, text=text)


def plain(value):
    """A value as JSON has it: numbers of other libraries made plain, and no infinities."""
    if isinstance(value, dict):
        return {str(key): plain(inner) for key, inner in value.items() if plain(inner) is not None}
    if isinstance(value, (list, tuple)):
        return [plain(inner) for inner in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value
