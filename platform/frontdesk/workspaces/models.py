"""Tenants, people, what they may do, and the credentials of programs."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from frontdesk.core.models import Row, WorkspaceModel


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str | None, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower() if email else None, **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str) -> User:
        return self.get(email__iexact=email)


class User(AbstractBaseUser, PermissionsMixin, Row):
    """A person. Signs in with the e-mail address, or with a plain user name where one was registered."""

    email = models.EmailField(_("e-mail"), unique=True, null=True)
    username = models.CharField(_("user name"), max_length=150, unique=True, null=True, blank=True)
    first_name = models.CharField(_("first name"), max_length=150, blank=True)
    last_name = models.CharField(_("last name"), max_length=150, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    is_staff = models.BooleanField(_("operator"), default=False)
    language = models.CharField(_("language"), max_length=10, blank=True)
    # Counted up to end all tokens that are out.
    token_version = models.PositiveIntegerField(default=0)
    # `iss|sub` of an outside issuer.
    outside_id = models.CharField(max_length=400, unique=True, null=True, blank=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [models.UniqueConstraint(Lower("email"), name="one_user_an_email")]

    def __str__(self) -> str:
        return self.email or self.username or str(self.uuid)

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Sessions end with the password, and with `token_version`, as tokens do."""
        return salted_hmac(
            "frontdesk.session", f"{self.password}|{self.token_version}", secret=secret, algorithm="sha256"
        ).hexdigest()

    def get_full_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip() or str(self)

    def get_short_name(self) -> str:
        return self.first_name or str(self).split("@")[0]


class Workspace(Row):
    """A tenant: one business."""

    class Handler(models.TextChoices):
        AI = "AI", _("The AI answers")
        MANUAL = "Manual", _("A person answers")

    name = models.CharField(_("name"), max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    website = models.URLField(_("web address"), blank=True)
    language = models.CharField(_("language"), max_length=10, default="en")
    time_zone = models.CharField(_("time zone"), max_length=64, default="UTC")
    theme = models.SlugField(_("theme"), max_length=40, default="calm")
    default_reply_handler = models.CharField(
        _("who answers new conversations"), max_length=10, choices=Handler, default=Handler.AI
    )
    auto_response = models.BooleanField(_("the AI may answer"), default=True)
    # `hours.OpeningHours`; empty: always open.
    opening_hours = models.JSONField(_("opening hours"), default=dict, blank=True)
    # After how long without an answer of a person the AI answers again, and the team is reminded; 0: never.
    silence_minutes = models.PositiveIntegerField(_("minutes until the AI answers again"), default=0)
    reminder_minutes = models.PositiveIntegerField(_("minutes until the team is reminded"), default=0)

    def __str__(self) -> str:
        return self.name


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    EDITOR = "editor", _("Editor")
    TEAMMATE = "teammate", _("Teammate")
    VIEWER = "viewer", _("Viewer")


class Membership(WorkspaceModel):
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.TEAMMATE)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["workspace", "user"], name="one_membership_a_person")]

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()}"


class Invitation(WorkspaceModel):
    """An e-mail address asked to join. The token goes out once; its digest stays."""

    email = models.EmailField(_("e-mail"))
    role = models.CharField(_("role"), max_length=10, choices=Role, default=Role.TEAMMATE)
    token_digest = models.CharField(max_length=64, unique=True, editable=False)
    invited_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-id"], name="invitation_list")]

    def __str__(self) -> str:
        return self.email


class ApiKey(WorkspaceModel):
    """A program's credential: shown once, kept as a digest, good only from places on its allow-list."""

    name = models.CharField(_("name"), max_length=80)
    prefix = models.CharField(max_length=12, editable=False)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    # Hosts ("shop.example.com"), IP addresses or networks ("203.0.113.0/24"). Empty lets nothing through.
    allow_list = models.JSONField(_("allowed places"), default=list, blank=True)
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-id"], name="apikey_list")]

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class AuditEntry(WorkspaceModel):
    """Who did what, when. Written by actions, never changed."""

    actor = models.CharField(max_length=200)
    verb = models.CharField(max_length=80)
    target = models.CharField(max_length=200, blank=True)
    data = models.JSONField(default=dict, blank=True)

    class Meta:
        indexes = [models.Index(fields=["workspace", "-id"], name="audit_list")]
        verbose_name_plural = _("audit entries")

    def __str__(self) -> str:
        return f"{self.actor} {self.verb} {self.target}"
