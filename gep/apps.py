"""The app's name and label, and the facts it tells."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class GepConfig(AppConfig):
    """Parcel accounts of ecosystem products."""

    name = "gep"
    verbose_name = _("生态产品总值核算")

    def ready(self) -> None:
        """Declare the facts that the app records."""
        from core import events

        events.declare("gep.account_compiled", zh="核算账户完成", en="GEP account compiled")
        events.declare("gep.account_approved", zh="核算账户经第二人复核", en="GEP account approved by a second analyst")
        events.declare("gep.account_published", zh="核算账户正式发布", en="GEP account published as official")
        events.declare("gep.account_withdrawn", zh="核算账户已撤回", en="GEP account withdrawn")
        events.declare("gep.run_cancelled", zh="核算任务已取消", en="GEP run cancelled")
        events.declare("gep.run_resumed", zh="核算任务继续", en="GEP run taken up again")
        events.declare("gep.dataset_ready", zh="数据集通过检查", en="Dataset accepted")
        events.declare("gep.dataset_refused", zh="数据集未通过检查", en="Dataset refused")
        events.declare("gep.dataset_amended", zh="数据集说明已更正", en="Description of a dataset corrected")
        events.declare("gep.dataset_withdrawn", zh="数据集已撤回", en="Dataset withdrawn")
        events.declare("gep.parcel_load_done", zh="图斑数据集已入库", en="Dataset of parcels loaded")
        events.declare("gep.parcel_load_refused", zh="图斑数据集未能入库", en="Dataset of parcels not loaded")
        events.declare("gep.parcel_load_cancelled", zh="图斑入库已取消", en="Loading of parcels cancelled")
        events.declare("gep.parcels_versioned", zh="图斑新版本入库", en="New version of a county's parcels")
