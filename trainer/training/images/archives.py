"""Shows the files in a folder, a zip or a tar one after the other, and unpacks nothing."""

import tarfile
import zipfile

from ..errors import BadData
from . import cifar

FILE_BYTES_MAX = 512 * 1024 * 1024
# How pickles of the protocols from 2 on begin.
PICKLES = {bytes([0x80, protocol]) for protocol in range(2, 6)}


def entries(path):
    """Pairs of a name and a function that reads it, in one pass and in a stable order."""
    if path.is_dir():
        for file in sorted(path.rglob("*")):
            if file.is_file():
                yield file.relative_to(path).as_posix(), file.read_bytes
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for entry in sorted(archive.infolist(), key=lambda entry: entry.filename):
                if not entry.is_dir():
                    yield entry.filename, lambda e=entry: _of_zip(archive, e)
    elif path.is_file() and tarfile.is_tarfile(path):
        with tarfile.open(path) as archive:
            for entry in archive:
                if entry.isfile():
                    yield entry.name, lambda e=entry: _of_tar(archive, e)
    elif path.is_file():
        yield _called(path), path.read_bytes
    else:
        raise BadData("dataset: the file is not there")


def _called(path):
    """The name of a file that came alone; a batch may have lost its own on the way."""
    with path.open("rb") as file:
        is_pickle = file.read(2) in PICKLES
    size = path.stat().st_size
    if is_pickle:
        return "data_batch_1"
    return "data_batch_1.bin" if size and size % cifar.RECORD == 0 else path.name


def _of_zip(archive, entry):
    _mind_size(entry.filename, entry.file_size)
    with archive.open(entry) as file:
        # Declared sizes may lie: never more is read than was looked at.
        return file.read(FILE_BYTES_MAX)


def _of_tar(archive, entry):
    _mind_size(entry.name, entry.size)
    return archive.extractfile(entry).read(FILE_BYTES_MAX)


def _mind_size(name, size):
    if size > FILE_BYTES_MAX:
        raise BadData(f"dataset: {name} has {size} bytes; {FILE_BYTES_MAX} is the most for one file")
