"""What the options of a kind stand for."""

from nnrepro.models.registry import Range

__all__ = ["Metric", "Range", "Share", "Swept"]

Metric = str
Swept = str
Share = float
