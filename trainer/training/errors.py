"""The ways in which a training ends badly, each with the cause that the marketplace knows."""


class Failed(Exception):
    """The training cannot go on; the cause says whose matter it is."""

    cause = "trainer"


class BadData(Failed):
    """The customer's data or order cannot be trained on as it is."""

    cause = "bad-data"


class OutOfMemory(Failed):
    """The machine has too little memory for this model, batch and length."""

    cause = "out-of-memory"


def is_out_of_memory(error):
    """Whether an exception of any library means that memory ran out."""
    if isinstance(error, (MemoryError, OutOfMemory)):
        return True
    # Torch 1.13 raises plain RuntimeError on some of these paths, later versions a class of theirs.
    if type(error).__name__ == "OutOfMemoryError":
        return True
    words = ("out of memory", "can't allocate memory", "cannot allocate memory", "not enough memory")
    return isinstance(error, RuntimeError) and any(word in str(error).lower() for word in words)
