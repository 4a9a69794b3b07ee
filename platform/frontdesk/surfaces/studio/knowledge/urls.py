from django.urls import path

from . import adding, asking, bases, deleted, passages, sources

urlpatterns = [
    path("", bases.listing, name="knowledge"),
    path("new/", bases.new, name="base_new"),
    path("deleted/", deleted.listing, name="knowledge_deleted"),
    path("deleted-base/<uuid:uuid>/restore/", deleted.restore_base, name="deleted_base_restore"),
    path("deleted-base/<uuid:uuid>/remove/", deleted.remove_base, name="deleted_base_remove"),
    path("deleted-source/<uuid:uuid>/restore/", deleted.restore_source, name="deleted_source_restore"),
    path("deleted-source/<uuid:uuid>/remove/", deleted.remove_source, name="deleted_source_remove"),
    path("<uuid:uuid>/", sources.listing, name="base"),
    path("<uuid:uuid>/ask/", asking.ask, name="base_ask"),
    path("<uuid:uuid>/fine-tune/", bases.fine_tune, name="base_fine_tune"),
    path("<uuid:uuid>/delete/", bases.delete, name="base_delete"),
    path("<uuid:uuid>/files/", adding.files, name="base_files"),
    path("<uuid:uuid>/add/<slug:way>/", adding.add, name="base_add"),
    path("<uuid:uuid>/progress/", sources.progress, name="base_progress"),
    path("<uuid:uuid>/sources/", sources.change_many, name="sources_change"),
    path("sources/<uuid:uuid>/", passages.source, name="source"),
    path("sources/<uuid:uuid>/change/", sources.change, name="source_change"),
    path("sources/<uuid:uuid>/edit/", passages.edit, name="source_edit"),
    path("sources/<uuid:uuid>/file/", passages.replace, name="source_file"),
    path("passages/<int:pk>/", passages.find, name="passage"),
    path("passages/<int:pk>/exclude/", passages.exclude, name="passage_exclude"),
]
