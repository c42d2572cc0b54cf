"""The one API of the platform; each app adds its router here."""

from core.problems import PlatformAPI

api = PlatformAPI(
    title="抚州生态产品价值实现平台 · Fuzhou ecological product platform",
    version="1.0.0",
    urls_namespace="api",
    docs_url=None,  # served by web.views with our own static files
)

api.add_router("", "bookkeeping.api.router")
api.add_router("/policy", "policy.api.router")
api.add_router("", "greenpoints.api.router")
api.add_router("/gep", "gep.api.router")
api.add_router("", "marketplace.api.router")
