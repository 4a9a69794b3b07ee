from django.urls import path

from . import deleted, merging, views

urlpatterns = [
    path("", views.listing, name="contacts"),
    path("new/", views.new, name="contact_new"),
    path("deleted/", deleted.listing, name="contacts_deleted"),
    path("deleted/<uuid:uuid>/restore/", deleted.restore, name="contact_restore"),
    path("deleted/<uuid:uuid>/remove/", deleted.remove, name="contact_remove"),
    path("merges/<uuid:uuid>/undo/", merging.undo, name="merge_undo"),
    path("<uuid:uuid>/", views.contact, name="contact"),
    path("<uuid:uuid>/block/", views.block, name="contact_block"),
    path("<uuid:uuid>/delete/", views.delete, name="contact_delete"),
    path("<uuid:uuid>/export/", views.export, name="contact_export"),
    path("<uuid:uuid>/merge/", merging.merge, name="contact_merge"),
]
