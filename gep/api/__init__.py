"""The app's routes: accounts and parcels for everybody, the catalogue and the runs for analysts."""

from ninja import Router

from gep.api import accounts, comparisons, datasets, parcel_loads, runs

router = Router()
router.add_router("", accounts.router)
router.add_router("", comparisons.router)
router.add_router("", datasets.router)
router.add_router("", parcel_loads.router)
router.add_router("", runs.router)
