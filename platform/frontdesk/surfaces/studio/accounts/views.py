"""Coming in and going out: signing in and up, joining a team, passwords, the language."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.forms import Form
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from frontdesk.core import limits
from frontdesk.core.errors import FrontdeskError, Invalid
from frontdesk.surfaces.shell_csp import shell_csp
from frontdesk.workspaces import accounts, actions, queries
from frontdesk.workspaces.errors import NameTaken
from frontdesk.workspaces.models import User, Workspace

from ..page import render
from ..request import SESSION_KEY
from .forms import PasswordForm, PersonForm, SignInForm, SignUpForm, WorkspaceForm, blame


def _open_page(view: Any) -> Any:
    """A page for people who have not come in yet."""
    return shell_csp(never_cache(sensitive_post_parameters()(require_http_methods(["GET", "HEAD", "POST"])(view))))


def _ip(request: HttpRequest) -> str:
    return request.META.get("REMOTE_ADDR", "")


def _next(request: HttpRequest) -> str:
    """Where to go afterwards, if that is a page of ours."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    fine = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    return wanted if fine else reverse("studio:index")


def _posted(request: HttpRequest) -> QueryDict | None:
    return request.POST if request.method == "POST" else None


def _come_in(request: HttpRequest, user: User) -> HttpResponse:
    login(request, user)
    response = redirect(_next(request))
    if user.language:
        _set_language(response, user.language)
    return response


def _form_page(request: HttpRequest, form: Form, template: str, **context: Any) -> HttpResponse:
    status = 422 if form.errors else 200
    return render(request, f"studio/accounts/{template}.html", form=form, next=_next(request), status=status, **context).render()


@_open_page
def sign_in(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect(_next(request))
    form = SignInForm(_posted(request))
    if form.is_valid():
        try:
            user = accounts.sign_in(form.cleaned_data["name"], form.cleaned_data["password"], ip=_ip(request))
            return _come_in(request, user)
        except FrontdeskError as error:
            blame(form, error)
    return _form_page(request, form, "sign_in", title=_("Sign in"), open=settings.REGISTRATION_OPEN)


@_open_page
def sign_up(request: HttpRequest) -> HttpResponse:
    if request.user.is_authenticated:
        return redirect("studio:index")
    form = SignUpForm(_posted(request))
    if form.is_valid():
        try:
            return _come_in(request, _register(request, form, workspace_name=form.cleaned_data["workspace_name"]))
        except FrontdeskError as error:
            blame(form, error)
    return _form_page(request, form, "sign_up", title=_("Create your workspace"))


def _register(request: HttpRequest, form: Form, **more: Any) -> User:
    data = form.cleaned_data
    try:
        return accounts.register(data["email"], data["password"], full_name=data["full_name"], ip=_ip(request), **more)
    except NameTaken as error:
        raise Invalid.field("email", _("This address has an account already. Sign in, or use another one.")) from error


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("studio:login")


@_open_page
def join(request: HttpRequest, token: str) -> HttpResponse:
    """Accept an invitation: as whoever is signed in, or with a new account."""
    known = request.user.is_authenticated
    form = Form(_posted(request)) if known else PersonForm(_posted(request))
    try:
        limits.check(f"join-from:{_ip(request)}", allowed=60, seconds=60)
        invitation = queries.invitation(token)
    except FrontdeskError as error:
        return _form_page(request, Form(), "gone", title=_("This invitation does not open"), error=error)
    if form.is_valid():
        try:
            _accept(request, form, token)
            request.session[SESSION_KEY] = str(invitation.workspace.uuid)
            return redirect("studio:index")
        except FrontdeskError as error:
            blame(form, error)
    title = _("Join %(workspace)s") % {"workspace": invitation.workspace.name}
    return _form_page(request, form, "join", title=title, invitation=invitation, known=known)


def _accept(request: HttpRequest, form: Form, token: str) -> None:
    if request.user.is_authenticated:
        actions.accept_invitation(request.user, token)
    else:
        login(request, _register(request, form, invitation=token))


@_open_page
@login_required
def no_workspace(request: HttpRequest) -> HttpResponse:
    form = WorkspaceForm(_posted(request))
    if form.is_valid():
        workspace: Workspace = accounts.create_workspace(request.user, form.cleaned_data["name"])
        request.session[SESSION_KEY] = str(workspace.uuid)
        return redirect("studio:index")
    return _form_page(request, form, "no_workspace", title=_("Create a workspace"))


@_open_page
@login_required
def password(request: HttpRequest) -> HttpResponse:
    form = PasswordForm(_posted(request))
    if form.is_valid():
        try:
            user = accounts.change_password(request.user, form.cleaned_data["old_password"], form.cleaned_data["new_password"])
            update_session_auth_hash(request, user)
            return redirect("studio:index")
        except FrontdeskError as error:
            blame(form, error)
    return _form_page(request, form, "password", title=_("Change password"))


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the language, in the browser and for the person."""
    response = redirect(_next(request))
    wanted = request.POST.get("language", "")
    if wanted in dict(settings.LANGUAGES) and check_for_language(wanted):
        _set_language(response, wanted)
        if request.user.is_authenticated:
            accounts.choose_language(request.user, wanted)
    return response


def _set_language(response: HttpResponse, wanted: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, wanted, max_age=365 * 86400, samesite="Lax", secure=settings.SESSION_COOKIE_SECURE
    )
