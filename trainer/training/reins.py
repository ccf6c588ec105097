"""Counts the seconds of training, and knows when to save and when to stop."""

import json
import signal
import time
from contextlib import contextmanager

# How often the control file is looked at.
CONTROL_SECONDS = 0.5


class Reins:
    """What holds a training back: a signal, a control file, or an allowance of seconds."""

    def __init__(self, job, clock=time.monotonic):
        self._clock = clock
        self._trained = 0.0
        self._begun = None
        self._longest = 0.0
        self._seconds_max = job.seconds_max
        self._checkpoint_seconds = job.checkpoint_seconds
        self._saved_at = clock()
        self._control = job.control
        self._looked_at = -CONTROL_SECONDS
        self._told_to_stop = False

    def listen(self):
        """Takes SIGTERM and SIGINT for a wish to stop at the next step."""
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._be_told)

    def _be_told(self, *_):
        self._told_to_stop = True

    @property
    def trained_seconds(self):
        """Seconds spent on optimising and validating; loading, saving and waiting are not in it."""
        running = self._clock() - self._begun if self._begun is not None else 0.0
        return round(self._trained + running, 3)

    @contextmanager
    def training(self):
        """Counts what happens inside."""
        self._begun = self._clock()
        try:
            yield
        finally:
            took = self._clock() - self._begun
            self._begun = None
            self._trained += took
            self._longest = max(self._longest, took)

    def must_stop(self):
        """Why the next step must not be made, or None. Asked between steps."""
        self._look_at_control()
        if self._told_to_stop:
            return "signal"
        allowed = self._seconds_max
        # The longest step so far is what the next may take: stopping after the limit is too late.
        if allowed is not None and self._trained + self._longest >= allowed:
            return "seconds_max"
        return None

    def is_time_to_save(self):
        """Whether a checkpoint is due."""
        return self._clock() - self._saved_at >= self._checkpoint_seconds

    def saved(self):
        """A checkpoint was written just now."""
        self._saved_at = self._clock()

    def _look_at_control(self):
        now = self._clock()
        if self._control is None or now - self._looked_at < CONTROL_SECONDS:
            return
        self._looked_at = now
        try:
            said = json.loads(self._control.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return
        self._told_to_stop = self._told_to_stop or said.get("stop") is True
        if isinstance(said.get("seconds_max"), (int, float)):
            self._seconds_max = float(said["seconds_max"])
