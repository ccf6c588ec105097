"""Says what the Python that runs this can train, and where it lies."""

import importlib
import os
import platform
import sys

NEEDS = {
    "tabular": ("numpy", "pandas", "sklearn", "safetensors"),
    "distilbert": ("torch", "transformers", "tokenizers", "pandas", "safetensors"),
    "mobilenet_v2": ("torch", "torchvision", "PIL", "safetensors"),
}


def probe():
    """Model types that can be trained, versions, and the folders that a sandbox must show."""
    imported = {}
    for name in sorted({name for names in NEEDS.values() for name in names}):
        try:
            imported[name] = importlib.import_module(name)
        except Exception:  # A library that is there and broken is as good as none.
            continue
    versions = {name: getattr(m, "__version__", "?") for name, m in imported.items()}
    torch = imported.get("torch")
    return {
        "runtimes": [kind for kind, names in NEEDS.items() if all(n in imported for n in names)],
        "python": platform.python_version(),
        "versions": versions,
        "cuda": bool(torch is not None and torch.cuda.is_available()),
        "folders": sorted({sys.prefix, sys.base_prefix, os.path.dirname(os.path.realpath(sys.executable))}),
    }
