"""Works that methods and data come from."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Work:
    """A work that the report refers to.

    Attributes:
        key: short name by which the text refers to it.
        text: authors, title, where and when it appeared.
    """

    key: str
    text: str


WILSON = Work(
    "Wilson 1927",
    "E. B. Wilson: Probable inference, the law of succession, and statistical inference. "
    "Journal of the American Statistical Association 22, 1927, 209-212.",
)
ZOU_DONNER = Work(
    "Zou and Donner 2008",
    "G. Y. Zou and A. Donner: Construction of confidence limits about effect measures: a general "
    "approach. Statistics in Medicine 27, 2008, 1693-1702.",
)
HSU = Work(
    "Hsu 1984",
    "J. C. Hsu: Constrained simultaneous confidence intervals for multiple comparisons with the "
    "best. Annals of Statistics 12, 1984, 1136-1144.",
)
HOLM = Work(
    "Holm 1979",
    "S. Holm: A simple sequentially rejective multiple test procedure. Scandinavian Journal of "
    "Statistics 6, 1979, 65-70.",
)
MCNEMAR = Work(
    "McNemar 1947",
    "Q. McNemar: Note on the sampling error of the difference between correlated proportions or "
    "percentages. Psychometrika 12, 1947, 153-157.",
)
HAHN_MEEKER = Work(
    "Hahn and Meeker 1991",
    "G. J. Hahn and W. Q. Meeker: Statistical Intervals: A Guide for Practitioners. Wiley, 1991, "
    "section 4.7.",
)
SNAKEMAKE = Work(
    "Mölder et al. 2021",
    "F. Mölder, K. P. Jablonski, B. Letcher and others: Sustainable data analysis with Snakemake. "
    "F1000Research 10, 2021, 33.",
)
KERAS = Work("Chollet et al. 2015", "F. Chollet and others: Keras. https://keras.io, 2015.")
CIFAR10 = Work(
    "Krizhevsky 2009",
    "A. Krizhevsky: Learning Multiple Layers of Features from Tiny Images. Technical report, "
    "University of Toronto, 2009.",
)
DBPEDIA = Work(
    "Zhang, Zhao and LeCun 2015",
    "X. Zhang, J. Zhao and Y. LeCun: Character-level Convolutional Networks for Text "
    "Classification. Advances in Neural Information Processing Systems 28, 2015, 649-657.",
)

OF_DATA = {"cifar10": CIFAR10, "dbpedia": DBPEDIA}
"""The work that describes a data set."""
