"""绿宝 over HTTP: partners deliver behaviours, merchants take coins. Every request is signed."""

from ninja import Router

from greenpoints.api import batches, redemptions
from identity.signatures import PartnerSignature

router = Router(tags=["greenpoints"], auth=PartnerSignature())
router.add_router("", batches.router)
router.add_router("", redemptions.router)
