"""Buy-till-you-die models of repeat purchases.

Vocabulary of the literature, and of lifetimes: `frequency` (repeat purchases, x), `recency` (time from first to last
purchase, t_x), `T` (time from first purchase to the end of observation), all times in one unit of the caller's choice.
"""

from retention_lib.models.btyd.beta_geometric import BetaGeometric
from retention_lib.models.btyd.beta_geometric_fit import fit_bg_nbd, fit_mbg_nbd
from retention_lib.models.btyd.pareto import ParetoNBD
from retention_lib.models.btyd.pareto_fit import fit_pareto_nbd
from retention_lib.models.btyd.purchase_model import Convergence, ModelName, PurchaseModel

__all__ = [
    "BetaGeometric",
    "Convergence",
    "ModelName",
    "ParetoNBD",
    "PurchaseModel",
    "fit_bg_nbd",
    "fit_mbg_nbd",
    "fit_pareto_nbd",
]
