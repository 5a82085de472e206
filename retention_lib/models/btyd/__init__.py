"""Buy-till-you-die models of repeat purchases.

Vocabulary of the literature, and of lifetimes: `frequency` (repeat purchases, x), `recency` (time from first to last
purchase, t_x), `T` (time from first purchase to the end of observation), all times in one unit of the caller's choice.
"""

from retention_lib.models.btyd.beta_geometric import BetaGeometric, fit_bg_nbd, fit_mbg_nbd
from retention_lib.models.btyd.purchase_model import Convergence, ModelName, PurchaseModel

__all__ = ["BetaGeometric", "Convergence", "ModelName", "PurchaseModel", "fit_bg_nbd", "fit_mbg_nbd"]
