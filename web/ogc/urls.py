"""The addresses of the OGC API, below ``/ogc/``."""

from django.urls import path

from web.views import ogc as views

urlpatterns = [
    path("", views.landing, name="ogc_landing"),
    path("conformance", views.conformance, name="ogc_conformance"),
    path("openapi", views.openapi, name="ogc_openapi"),
    path("collections", views.list_collections, name="ogc_collections"),
    path("collections/<str:name>", views.collection, name="ogc_collection"),
    path("collections/<str:name>/items", views.items, name="ogc_items"),
    path("collections/<str:name>/items/<str:feature>", views.item, name="ogc_item"),
    path("collections/<str:name>/tilejson.json", views.tilejson, name="ogc_tilejson"),
    path("collections/<str:name>/tiles", views.tilesets, name="ogc_tilesets"),
    path("collections/<str:name>/tiles/WebMercatorQuad", views.tileset, name="ogc_tileset"),
]
