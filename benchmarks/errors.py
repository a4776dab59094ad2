"""What can go wrong in a benchmark."""


class BenchmarkError(Exception):
    """A peer failed, or peers turned out not to train the same model."""
