"""Where everything hangs."""

from django.urls import include, path, re_path

from frontdesk.surfaces.files.views import picture
from frontdesk.surfaces.ops.site import site as ops
from frontdesk.surfaces.studio.plugins.changing import callback
from frontdesk.surfaces.studio.site import site as studio

urlpatterns: list = [
    path("", include("frontdesk.surfaces.api.urls")),
    path("studio/", studio.urls),
    path("ops/", ops.urls),
    path("oauth/<slug:slug>", callback),
    path("hooks/", include("frontdesk.surfaces.hooks.urls")),
    path("files/", include("frontdesk.surfaces.files.urls")),
    path("", include("frontdesk.surfaces.site.urls")),
    path("cms/", include("wagtail.admin.urls")),
    path("documents/", include("wagtail.documents.urls")),
    # Pictures of public pages, and nothing else that owners upload.
    re_path(r"^media/(?P<path>images/[^/]+)$", picture),
    path("", include("wagtail.urls")),
]
