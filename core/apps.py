"""The app's name and label, and what it installs."""

from django.apps import AppConfig
from django.core import checks
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_migrate


class CoreConfig(AppConfig):
    """What at least two apps share."""

    name = "core"
    verbose_name = "基础"

    def ready(self) -> None:
        """Declare the kinds of events, and have the triggers put in place after every migration."""
        from core import column_limits, database_checks, events, spatial_index, triggers

        checks.register(database_checks.databases_answer)
        post_migrate.connect(triggers.TRIGGERS.install_after_migrate, sender=self)
        connection_created.connect(spatial_index.add_functions)
        pre_migrate.connect(spatial_index.prepare_before_migrate, sender=self)
        post_migrate.connect(spatial_index.install_after_migrate)
        post_migrate.connect(column_limits.install_after_migrate)
        events.declare("job.dead", zh="后台任务已放弃", en="Background job given up")
        events.declare("job.retried", zh="后台任务由人工重试", en="Background job retried by hand")
        events.declare("job.discarded", zh="后台任务由人工作废", en="Background job discarded by hand")
