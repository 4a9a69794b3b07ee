"""Every change that Frontdesk itself makes to public pages; what owners write goes through Wagtail."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Group, Permission
from django.db import transaction
from wagtail.models import Collection, GroupCollectionPermission, GroupPagePermission, Page, Site

from frontdesk.workspaces import audit
from frontdesk.workspaces.models import User, Workspace
from frontdesk.workspaces.permissions import Actor, require

from .models import BusinessPage, FrontPage

PAGE_PERMISSIONS = ("add_page", "change_page", "publish_page")
FILE_PERMISSIONS = ("add_image", "change_image", "choose_image", "add_document", "change_document", "choose_document")


@transaction.atomic
def open_public_page(
    actor: Actor, *, title: str, headline: str = "", lead: str = "", body: str = "", footer: str = ""
) -> BusinessPage:
    """The workspace's page, with its own Wagtail Site, collection and group; the one that is there if there is one."""
    require(actor, "edit_pages")
    workspace = actor.workspace
    found = BusinessPage.objects.filter(workspace=workspace).first()
    if found is not None:
        return found
    fields = {"title": title, "headline": headline, "lead": lead, "body": body, "footer": footer}
    page = BusinessPage(workspace=workspace, slug=workspace.slug, **fields)
    front_page().add_child(instance=page)
    page.save_revision().publish(skip_permission_checks=True)
    hostname = f"{workspace.slug}.{settings.PUBLIC_SITES_DOMAIN}"
    Site.objects.get_or_create(hostname=hostname, port=80, defaults={"root_page": page, "site_name": title})
    group = _group(workspace, page)
    if actor.user is not None:
        actor.user.groups.add(group)
    audit.record(actor, "page.opened", page.title)
    return page


@transaction.atomic
def show_chat(actor: Actor, page: BusinessPage, channel_id: int | None) -> BusinessPage:
    """Put one of the workspace's chats on its page, or take it off."""
    require(actor, "edit_pages")
    page.channel_id = channel_id
    page.save(update_fields=["channel"])
    audit.record(actor, "page.chat_changed", page.title, channel=channel_id)
    return page


def let_edit(user: User, page: BusinessPage) -> None:
    """A teammate may edit the workspace's pages in Wagtail."""
    user.groups.add(_group(page.workspace, page))


def front_page() -> FrontPage:
    """The root of all public pages, made on first use in the place of Wagtail's welcome page."""
    found = FrontPage.objects.first()
    if found is not None:
        return found
    root = Page.get_first_root_node()
    Page.objects.filter(depth=2, slug="home").exclude(content_type__model="frontpage").delete()
    page = Page.objects.get(pk=root.pk).add_child(instance=FrontPage(title="Frontdesk", slug="home"))
    Site.objects.update_or_create(is_default_site=True, defaults={"hostname": "localhost", "port": 80, "root_page": page})
    return page


def group_name(workspace_uuid: UUID) -> str:
    """The group of those who edit a workspace's pages."""
    return f"Pages of {workspace_uuid}"


def _group(workspace: Workspace, page: BusinessPage) -> Group:
    """Who may edit this workspace's pages and files, and nothing else in Wagtail."""
    group, made = Group.objects.get_or_create(name=group_name(workspace.uuid))
    if made:
        group.permissions.add(Permission.objects.get(codename="access_admin", content_type__app_label="wagtailadmin"))
        collection = Collection.get_first_root_node().add_child(
            instance=Collection(name=f"{workspace.name} {workspace.uuid.hex[:6]}")
        )
        for codename in PAGE_PERMISSIONS:
            permission = Permission.objects.get(codename=codename, content_type__app_label="wagtailcore")
            GroupPagePermission.objects.create(group=group, page=page, permission=permission)
        for permission in Permission.objects.filter(codename__in=FILE_PERMISSIONS):
            GroupCollectionPermission.objects.create(group=group, collection=collection, permission=permission)
    return group
