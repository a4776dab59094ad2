"""Claims: statements of a report, as data, and what code decides about them.

Reading and checking a claims file needs no NumPy, so that a workflow can do it before its first
job; deciding lives in `nnrepro.claims.decide`.
"""

from nnrepro.claims.claim import Claim, ClaimSet, Published
from nnrepro.claims.errors import ClaimsError
from nnrepro.claims.loading import load_claims

__all__ = ["Claim", "ClaimSet", "ClaimsError", "Published", "load_claims"]
