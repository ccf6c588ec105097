#!/usr/bin/env python3
"""Trains one model: `python train.py --job job.json`. See README.md beside this file."""

import argparse
import json
import os
import sys
from pathlib import Path

STOPPED = 75


def main():
    """Does what the command line asks; the exit status says how it ended."""
    parser = argparse.ArgumentParser(description=__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--job", metavar="FILE", help="train as this file asks")
    what.add_argument("--probe", action="store_true", help="say what this Python can train")
    what.add_argument("--fetch", metavar="MODEL", help="fetch a model's pretrained weights")
    parser.add_argument("--into", metavar="FOLDER", help="where fetched weights belong")
    asked = parser.parse_args()
    # Set before any library looks: results must not depend on what a library finds convenient.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    report, own = _own_output()
    from training import pretrained, probing

    if asked.probe:
        print(json.dumps(probing.probe()), file=own, flush=True)
        return 0
    if asked.fetch:
        if not asked.into:
            parser.error("--fetch needs --into")
        pretrained.fetch(asked.fetch, Path(asked.into))
        return 0
    return _train(asked.job, report)


def _own_output():
    """Keeps standard output for our own lines: what libraries print goes to standard error."""
    from training.report import Report

    own = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return Report(own), own


def _train(path, report):
    from training import errors, job as jobs
    from training.run import Run, Stopped

    run = None
    try:
        run = Run(jobs.read(path), report)
        run.reins.listen()
        _trainer_of(run.job)(run)
        return 0
    except Stopped as stopped:
        seconds = run.reins.trained_seconds
        report.say("stopped", because=stopped.because, step=stopped.step, trained_seconds=seconds)
        return STOPPED
    except Exception as error:
        cause = "trainer"
        if errors.is_out_of_memory(error):
            cause = "out-of-memory"
        elif isinstance(error, errors.Failed):
            cause = error.cause
        if not isinstance(error, errors.Failed):
            import traceback

            traceback.print_exc()
        detail = str(error) or type(error).__name__
        seconds = run.reins.trained_seconds if run else 0.0
        report.say("failed", cause=cause, detail=detail[:2000], trained_seconds=seconds)
        return 1


def _trainer_of(job):
    if job.model_type == "tabular":
        from training.tabular import train
    elif job.model_type == "distilbert":
        from training.text import train
    else:
        from training.images import train
    return train


if __name__ == "__main__":
    sys.exit(main())
