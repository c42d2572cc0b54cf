"""绿宝 over HTTP: partners deliver behaviours, merchants take coins, holders retire units; all that moves is signed."""

from ninja import Router

from greenpoints.api import batches, events, redemptions, statements, units, vouchers
from identity.signatures import PartnerSignature

router = Router(tags=["greenpoints"], auth=PartnerSignature())
router.add_router("", batches.router)
router.add_router("", events.router)
router.add_router("", redemptions.router)
router.add_router("", vouchers.router)
router.add_router("", statements.router)
router.add_router("", units.router)
