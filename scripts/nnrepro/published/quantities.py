"""What kind of quantity a published metric is, by its name."""

ACCURACY = "accuracy"
LOSS = "loss"
EPOCH = "epoch"
SECONDS = "seconds"
RATIO = "ratio"
POINTS = "points"
COUNT = "count"
NUMBER = "number"

_ENDINGS = {
    "_epoch": EPOCH,
    "_ratio": RATIO,
    "_percent": POINTS,
    "_count": COUNT,
    "_seconds": SECONDS,
    "_average": ACCURACY,
}
_WORDS = {"accuracy": ACCURACY, "loss": LOSS}


def quantity(metric: str) -> str:
    """The kind of a metric: accuracies are fractions, `points` differences of them in percent."""
    for ending, kind in _ENDINGS.items():
        if metric.endswith(ending):
            return kind
    return next((kind for word, kind in _WORDS.items() if word in metric), NUMBER)
