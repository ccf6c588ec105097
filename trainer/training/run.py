"""One training from its start to its end: what was saved, what is due, and when to stop."""

import time

from .checkpoints import Checkpoints
from .reins import Reins

PROGRESS_SECONDS = 0.5


class Stopped(Exception):
    """The training stopped before its end, with all it did in a checkpoint."""

    def __init__(self, because, step):
        super().__init__(because)
        self.because, self.step = because, step


class Run:
    """What every kind of model needs around its own loop."""

    def __init__(self, job, report):
        self.job, self.report = job, report
        self.reins = Reins(job)
        self._checkpoints = Checkpoints(job)
        self.resumed = self._checkpoints.load(job.checkpoint) if job.checkpoint else None
        self._steps_total = 0
        self._first_step = 0
        self._saved_step = self.resumed[0]["step"] if self.resumed else None
        self._told_at = -PROGRESS_SECONDS

    def start(self, steps_total, device, step):
        """All is loaded; the first step comes next."""
        self._steps_total, self._first_step = steps_total, step
        self.report.say("started", steps_total=steps_total, device=device, step=step)
        self.reins.saved()

    def check(self, step, state_and_arrays):
        """Between two steps: stops or saves, if it is time to."""
        because = self.reins.must_stop()
        if because is None and not self.reins.is_time_to_save():
            return
        if self._saved_step != step:
            state, arrays = state_and_arrays()
            path = self._checkpoints.save(step, state, arrays)
            self._saved_step = step
            seconds = self.reins.trained_seconds
            self.report.say("checkpoint", path=str(path), step=step, trained_seconds=seconds)
        self.reins.saved()
        if because is not None:
            raise Stopped(because, step)

    def progress(self, step, epoch, metrics, always=False):
        """How far it is, now and then."""
        now = time.monotonic()
        is_last = step >= self._steps_total
        if not (always or is_last) and now - self._told_at < PROGRESS_SECONDS:
            return
        self._told_at = now
        done, seconds = step - self._first_step, self.reins.trained_seconds
        left = (self._steps_total - step) * seconds / done if done > 0 else None
        self.report.say(
            "progress", step=step, steps_total=self._steps_total, epoch=epoch,
            trained_seconds=seconds, metrics=metrics,
            eta_seconds=None if left is None else round(left, 1),
        )  # fmt: skip

    def done(self, step, metrics):
        """The end, as it should be."""
        self.report.say(
            "done", output=str(self.job.output), step=step,
            trained_seconds=self.reins.trained_seconds, metrics=metrics,
        )  # fmt: skip
