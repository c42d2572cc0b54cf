"""The app's name and label, what it installs and the events it tells."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class GreenpointsConfig(AppConfig):
    """绿宝: from behaviour to points."""

    name = "greenpoints"
    verbose_name = "绿宝"

    def ready(self) -> None:
        """Name the facts that this app writes into the journal; have its triggers put in place."""
        from core import events
        from greenpoints import triggers

        post_migrate.connect(triggers.TRIGGERS.install_after_migrate, sender=self)
        events.declare("greenpoints.batch_credited", zh="行为批次已入账", en="Batch of behaviours credited")
        events.declare("greenpoints.batch_approved", zh="逾期批次已批准", en="Late batch approved")
        events.declare("greenpoints.operator_declared", zh="行为运营方已登记", en="Operator of an act declared")
        events.declare("greenpoints.coins_held", zh="碳币已冻结", en="Coins held")
        events.declare("greenpoints.coins_redeemed", zh="碳币已兑换", en="Coins redeemed")
        events.declare("greenpoints.coins_refunded", zh="碳币已退款", en="Coins refunded")
        events.declare("greenpoints.coins_expired", zh="碳币已过期", en="Coins expired")
        events.declare(
            "greenpoints.expiry_noticed", zh="已提示碳币即将过期", en="Holders told of coins about to expire"
        )
        events.declare("greenpoints.campaign_activated", zh="活动已启动", en="Campaign activated")
        events.declare("greenpoints.campaign_exhausted", zh="活动资金已用尽", en="Campaign's money used up")
        events.declare("greenpoints.campaign_stopped", zh="活动已停止", en="Campaign stopped")
        events.declare("greenpoints.act_reversed", zh="行为已撤销", en="Act taken back")
        events.declare("greenpoints.statement_closed", zh="商户对账单已出账", en="Merchant statement closed")
        events.declare("greenpoints.statement_disputed", zh="商户对账单有异议", en="Merchant statement disputed")
        events.declare("greenpoints.statement_paid", zh="商户对账单已付款", en="Merchant statement paid")
        events.declare("greenpoints.coins_granted", zh="碳币已专项发放", en="Coins granted")
        events.declare("greenpoints.factor_proposed", zh="已提出修改参数", en="Change of a figure proposed")
        events.declare("greenpoints.factor_approved", zh="参数修改已批准", en="Change of a figure approved")
        events.declare("greenpoints.factor_refused", zh="参数修改已驳回", en="Change of a figure refused")
        events.declare("greenpoints.closure_asked", zh="已申请注销", en="Closing of an account asked for")
        events.declare("greenpoints.closure_taken_back", zh="已撤回注销", en="Closing of an account taken back")
        events.declare("greenpoints.account_closed", zh="账户已注销", en="Account closed")
        events.declare("greenpoints.circle_opened", zh="圈子已建立", en="Circle opened")
        events.declare("greenpoints.coins_released", zh="碳币已退回", en="Coins released")
        events.declare("greenpoints.method_filed", zh="方法学已申报", en="Method filed")
        events.declare("greenpoints.method_reviewed", zh="方法学已通过专家评审", en="Method passed the expert review")
        events.declare("greenpoints.method_in_notice", zh="方法学公示开始", en="Public notice of a method begun")
        events.declare("greenpoints.method_decided", zh="方法学备案已决定", en="Filing of a method decided")
        events.declare("greenpoints.method_withdrawn", zh="方法学已停用", en="Method withdrawn")
        events.declare("greenpoints.trade_permitted", zh="方法学单位获准交易", en="Units of a method may be traded")
        events.declare("greenpoints.pool_frozen", zh="减排量批次已冻结", en="Batch of grams frozen")
        events.declare("greenpoints.pool_audited", zh="批次抽查结果已登记", en="Audit findings of a batch entered")
        events.declare("greenpoints.pool_issued", zh="减排量批次已签发", en="Batch of units issued")
        events.declare("greenpoints.pool_cancelled", zh="减排量批次已撤销", en="Batch of grams cancelled")
        events.declare("greenpoints.units_moved", zh="核证单位已变更", en="Registry units moved")
        events.declare("greenpoints.suspected", zh="风险线索已登记", en="Suspicion raised")
        events.declare("greenpoints.suspicion_decided", zh="风险线索已复核", en="Suspicion decided")
        events.declare("greenpoints.suspicion_appealed", zh="风险认定已申诉", en="Suspicion appealed")
        events.declare("greenpoints.partner_stopped", zh="数据方已暂停接收", en="Partner stopped")
        events.declare("greenpoints.partner_resumed", zh="数据方已恢复接收", en="Partner resumed")
        events.declare("greenpoints.attested", zh="权属证明已登记", en="Attestation entered")
