"""What residents chose: a goal, circles in which they are compared, the closing of their account."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Goal(models.Model):
    """What a resident wants to save in a month."""

    person_ref = models.CharField(max_length=32, primary_key=True)
    monthly_g = models.PositiveIntegerField()
    set_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(monthly_g__gte=1, monthly_g__lte=1_000_000), name="greenpoints_goal_within_reason"
            )
        ]


class CircleKind(models.TextChoices):
    """What brings the members together."""

    VILLAGE = "village", _("村、社区")
    UNIT = "unit", _("单位")
    SCHOOL = "school", _("学校")


class Circle(models.Model):
    """Neighbours, colleagues or pupils who compare what they save."""

    code = models.CharField(max_length=40, unique=True)
    kind = models.CharField(max_length=8, choices=CircleKind)
    name_zh = models.CharField(max_length=80)
    name_en = models.CharField(max_length=120)
    region = models.CharField(max_length=6)
    opened_at = models.DateTimeField()

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(kind__in=CircleKind.values), name="greenpoints_circle_kind")]

    def __str__(self) -> str:
        return self.code


class CircleMember(models.Model):
    """A resident in a circle, by their own choice, from a day on; what they saved before stays out of it."""

    circle = models.ForeignKey(Circle, on_delete=models.PROTECT, related_name="members")
    person_ref = models.CharField(max_length=32)
    joined_on = models.DateField()
    left_on = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["circle", "person_ref"], condition=Q(left_on=None), name="greenpoints_circle_member_once"
            ),
            models.CheckConstraint(
                condition=Q(left_on=None) | Q(left_on__gte=models.F("joined_on")), name="greenpoints_circle_member_days"
            ),
        ]
        indexes = [models.Index(fields=["person_ref"], name="greenpoints_circle_person")]


class Closure(models.Model):
    """A resident's wish to leave: until ``ends_on`` it may be taken back, then coins end and the person is erased."""

    person_ref = models.CharField(max_length=32, primary_key=True)
    asked_at = models.DateTimeField()
    ends_on = models.DateField(db_index=True)
    ended_at = models.DateTimeField(null=True)
    ended_coins = models.BigIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ended_coins__gte=0), name="greenpoints_closure_coins"),
        ]
