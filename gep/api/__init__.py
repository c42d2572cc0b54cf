"""The app's routes: accounts and parcels for everybody, the catalogue and the runs for analysts."""

from ninja import Router

from gep.api import accounts, datasets, runs

router = Router()
router.add_router("", accounts.router)
router.add_router("", datasets.router)
router.add_router("", runs.router)
