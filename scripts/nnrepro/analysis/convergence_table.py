"""Tables of kind `convergence`: when the test curves of variants settle."""

import pandas as pd

from nnrepro.tables.columns import lengths
from nnrepro.tables.csvfile import tidy_types


def convergence_table(variants: pd.DataFrame) -> pd.DataFrame:
    """When the test curves settle.

    Returns:
        A row per variant: what identifies it, `seeds`, `epochs` (trained), `protocol_epochs`,
        `shortened` (trained for fewer than the protocol asks for), `window`, `smoothing`, and for
        `test_accuracy` and `test_loss` each `_convergence_epoch` (mean over the seeds that have
        one), `_converged` (in more than half of the seeds) and `_converged_seeds` (in how many). A
        run that blew up has not converged, however level its curves end.
    """
    table = lengths(variants)
    for curve in ("test_accuracy", "test_loss"):
        share = variants[f"{curve}_converged"]
        table[f"{curve}_convergence_epoch"] = variants[f"{curve}_convergence_epoch"]
        table[f"{curve}_converged"] = (share > 0.5).astype("object").where(share.notna(), None)
        table[f"{curve}_converged_seeds"] = (share * variants[f"{curve}_converged_n"]).round()
        table = table.astype({f"{curve}_converged_seeds": "Int64"})
    return tidy_types(table.reset_index(drop=True))
