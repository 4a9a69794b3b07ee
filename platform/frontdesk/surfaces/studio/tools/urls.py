from django.urls import path

from . import connecting, deciding, importing, views

urlpatterns = [
    path("", views.listing, name="tools"),
    path("new/", views.new, name="tool_new"),
    path("argument/", views.argument, name="tool_argument"),
    path("try/", views.try_new, name="tool_try_new"),
    path("import/", importing.import_page, name="tool_import"),
    path("connect/<slug:source>/", connecting.new, name="tool_connect"),
    path("connections/<uuid:uuid>/", connecting.connection, name="tool_connection"),
    path("connections/<uuid:uuid>/change/", connecting.change, name="tool_connection_change"),
    path("waiting/conversations/<uuid:uuid>/", deciding.waiting, name="tool_waiting"),
    path("decide/<uuid:uuid>/", deciding.decide, name="tool_decide"),
    path("<uuid:uuid>/", views.tool, name="tool"),
    path("<uuid:uuid>/try/", views.try_it, name="tool_try"),
    path("<uuid:uuid>/change/", views.change, name="tool_change"),
]
