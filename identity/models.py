"""Who acts: staff and residents who sign in, people, organisations, roles, consents, partner keys."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import BaseUserManager
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from identity.encrypted_fields import EncryptedTextField
from identity.role_codes import ADMINISTRATOR_DUTIES, Role


class OrganisationKind(models.TextChoices):
    """What an organisation does here."""

    PARTNER = "partner", _("数据方")
    MERCHANT = "merchant", _("商户")
    SELLER = "seller", _("经营主体")
    FUND = "fund", _("资金")
    BANK = "bank", _("银行")
    GOVERNMENT = "government", _("政府部门")
    VILLAGE = "village", _("村集体")


class Algorithm(models.TextChoices):
    """How a partner signs; fixed for the life of a key."""

    HMAC_SHA256 = "hmac-sha256", _("HMAC-SHA256 共享密钥")
    ED25519 = "ed25519", _("Ed25519 公钥")
    SM2_SM3 = "sm2-sm3", _("SM2-SM3 国密公钥")


class AgeGroup(models.TextChoices):
    """How old a person is, as the real-name service says, never as the person does; the birthday is not kept."""

    UNKNOWN = "unknown", _("未核验")
    CHILD = "child", _("未满14周岁")
    TEENAGER = "teenager", _("14至17周岁")
    ADULT = "adult", _("成年人")


class Organisation(models.Model):
    """An organisation, known everywhere by its ``code``, a short stable slug."""

    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=12, choices=OrganisationKind)
    region = models.CharField(max_length=6)
    credit_code = models.CharField(max_length=18, blank=True)
    registered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["credit_code"], condition=~Q(credit_code=""), name="identity_organisation_credit_code"
            ),
            models.CheckConstraint(name="identity_organisation_kind", condition=Q(kind__in=OrganisationKind.values)),
        ]

    def __str__(self) -> str:
        return self.code


class Person(models.Model):
    """A resident. Other apps keep ``ref`` only, 16 random letters that say nothing."""

    ref = models.CharField(max_length=16, unique=True)
    name = EncryptedTextField(blank=True, default="")
    phone = EncryptedTextField(blank=True, default="")
    phone_index = models.CharField(max_length=64, blank=True, default="")
    region = models.CharField(max_length=6)
    registered_at = models.DateTimeField()
    real_name_token = EncryptedTextField(blank=True, default="")
    real_name_index = models.CharField(max_length=64, blank=True, default="")
    verified_at = models.DateTimeField(null=True)
    age_group = models.CharField(max_length=8, choices=AgeGroup, default=AgeGroup.UNKNOWN)
    guardian = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="wards")
    erased_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["phone_index"], condition=~Q(phone_index=""), name="identity_person_phone"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["real_name_index"], condition=~Q(real_name_index=""), name="identity_person_one_real_name"
            ),
            models.CheckConstraint(name="identity_person_age_group", condition=Q(age_group__in=AgeGroup.values)),
            # An erased child keeps no guardian: nobody is left to be guarded.
            models.CheckConstraint(
                name="identity_person_child_guarded",
                condition=~Q(age_group=AgeGroup.CHILD) | Q(guardian__isnull=False) | Q(erased_at__isnull=False),
            ),
            models.CheckConstraint(name="identity_person_not_own_guardian", condition=~Q(guardian=models.F("id"))),
        ]

    def __str__(self) -> str:
        return self.ref


class Users(BaseUserManager["User"]):
    """Makes users; what they may do is granted by ``identity.roles``."""

    def create_user(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Return a saved user with a hashed password."""
        user = self.model(username=self.model.normalize_username(username), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, username: str, password: str | None = None, **fields: Any) -> "User":
        """Return a saved user; it holds no role until one is granted."""
        return self.create_user(username, password, **fields)


class User(AbstractUser):
    """One who signs in; what a user may do comes from roles, never from this row."""

    # Setting an inherited field to None takes it out, which the annotations of the base class do not foresee.
    first_name = None  # type: ignore[assignment]
    last_name = None  # type: ignore[assignment]
    email = None  # type: ignore[assignment]
    EMAIL_FIELD = ""
    REQUIRED_FIELDS = []

    person = models.ForeignKey(Person, null=True, blank=True, on_delete=models.PROTECT)
    organisation = models.ForeignKey(Organisation, null=True, blank=True, on_delete=models.PROTECT)

    objects: ClassVar[Users] = Users()  # type: ignore[assignment]  # the base class promises its own manager

    def clean(self) -> None:
        """Normalise the name; there is no address to normalise."""
        self.username = self.normalize_username(self.username)

    def get_full_name(self) -> str:
        """Return the sign-in name; the person's own name is sealed and not shown in passing."""
        return self.username

    def get_short_name(self) -> str:
        """Return the sign-in name."""
        return self.username

    def holds(self, *any_of: str) -> bool:
        """Return whether the user, being active, holds one of the roles anywhere; the database is asked each time."""
        return self._grants().filter(role__in=any_of).exists()

    def acts_for(self) -> frozenset[str]:
        """Return whose accounts are the user's own: the person's ref, the organisation's code.

        An organisation counts only while the user holds some role for it.
        """
        names = {self.person.ref} if self.person is not None and self.is_active else set()
        own = self.organisation
        if own is not None and self._grants().filter(organisation__in=["", own.code]).exists():
            names.add(own.code)
        return frozenset(names)

    def _grants(self) -> "models.QuerySet[RoleGrant]":
        return RoleGrant.objects.filter(user_id=self.pk, user__is_active=True, revoked_at__isnull=True)


class RoleGrant(models.Model):
    """A role of a user in a region, and for one organisation where that is named; revoked, never deleted."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    role = models.CharField(max_length=24, choices=Role.choices)
    region = models.CharField(max_length=6)
    organisation = models.CharField(max_length=60, blank=True)
    granted_by = models.CharField(max_length=150)
    granted_at = models.DateTimeField()
    revoked_by = models.CharField(max_length=150, blank=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["user", "role", "region", "organisation"],
                condition=Q(revoked_at__isnull=True),
                name="identity_rolegrant_once",
            ),
            models.UniqueConstraint(
                fields=["user"],
                condition=Q(revoked_at__isnull=True, role__in=sorted(ADMINISTRATOR_DUTIES)),
                name="identity_rolegrant_one_administrator_duty",
            ),
            models.CheckConstraint(name="identity_rolegrant_role", condition=Q(role__in=Role.values)),
        ]

    def __str__(self) -> str:
        return f"{self.user_id}:{self.role}@{self.region}"


class Consent(models.Model):
    """A line of the consent ledger: given or withdrawn. The database refuses to change or delete one."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    purpose = models.CharField(max_length=60)
    version = models.CharField(max_length=20)
    given = models.BooleanField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["person", "purpose", "at"], name="identity_consent_latest")]

    def __str__(self) -> str:
        return f"{self.person_id}:{self.purpose}:{self.given}"


class PartnerBinding(models.Model):
    """A partner's own opaque token of a resident, so that its rows find the person."""

    partner = models.ForeignKey(Organisation, on_delete=models.PROTECT, db_index=False)
    subject_ref = models.CharField(max_length=64)
    person = models.ForeignKey(Person, on_delete=models.PROTECT)
    bound_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["partner", "subject_ref"], name="identity_partnerbinding_once")]

    def __str__(self) -> str:
        return f"{self.partner_id}:{self.subject_ref}"


class PartnerKey(models.Model):
    """A key of an organisation, with one algorithm. ``secret`` is kept only where the algorithm shares it."""

    key_id = models.CharField(max_length=24, unique=True)
    organisation = models.ForeignKey(Organisation, on_delete=models.PROTECT)
    algorithm = models.CharField(max_length=12, choices=Algorithm)
    secret = EncryptedTextField(blank=True, default="")
    public_key = models.CharField(max_length=200, blank=True, default="")
    valid_from = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(name="identity_partnerkey_algorithm", condition=Q(algorithm__in=Algorithm.values)),
        ]

    def __str__(self) -> str:
        return self.key_id


class RequestNonce(models.Model):
    """A nonce that a key has used, with the signature it came with, until it is too old to be accepted anyway."""

    key = models.ForeignKey(PartnerKey, on_delete=models.CASCADE, db_index=False)
    nonce = models.CharField(max_length=64)
    signature = models.CharField(max_length=200)
    seen_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "nonce"], name="identity_requestnonce_once")]

    def __str__(self) -> str:
        return f"{self.key_id}:{self.nonce}"


class OneTimeCode(models.Model):
    """The newest code of a person for a purpose; only a keyed hash of it is kept."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, db_index=False)
    purpose = models.CharField(max_length=40)
    code_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    redeemed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "purpose"], name="identity_onetimecode_newest")]

    def __str__(self) -> str:
        return f"{self.person_id}:{self.purpose}"
