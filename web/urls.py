"""The addresses of the pages."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from web.views import api_docs, bookkeeping, greenpoints, home, identity, marketplace, policy, redemptions
from web.views.gep import comparison, datasets, exports, maps, overview, parcels, publication, runs, scenarios, tiles
from web.views.residents import consents, personal_data, statements
from web.views.residents import home as residents_home

urlpatterns = [
    path("", home.page, name="home"),
    path("sign-in/", identity.sign_in, name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("display/", identity.display, name="display"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("map/", maps.page, name="map"),
    path("map/counties.geojson", tiles.counties_geojson, name="counties_geojson"),
    path("map/parts.geojson", tiles.parts_geojson, name="parts_geojson"),
    path("map/export.<str:kind>", exports.table, name="map_export"),
    path("tiles/parcels/<int:z>/<int:x>/<int:y>.mvt", tiles.parcel_tile, name="parcel_tile"),
    path("parcels/<str:code>/", parcels.page, name="parcel"),
    path("gep/", overview.page, name="gep"),
    path("gep/compare/", comparison.page, name="comparison"),
    path("gep/published/", publication.page, name="publication"),
    path("gep/published/<str:code>/", publication.account_page, name="published_account"),
    path("gep/datasets/", datasets.catalogue, name="datasets"),
    path("gep/datasets/new/", datasets.upload, name="dataset_new"),
    path("gep/datasets/<str:code>/", datasets.page, name="dataset"),
    path("gep/datasets/<str:code>/withdraw/", datasets.withdraw, name="dataset_withdraw"),
    path("gep/datasets/<str:code>/rejections.csv", datasets.rejections, name="dataset_rejections"),
    path("gep/runs/", runs.listing, name="runs"),
    path("gep/runs/new/", runs.new, name="run_new"),
    path("gep/runs/<str:code>/", runs.page, name="run"),
    path("gep/runs/<str:code>/progress/", runs.progress, name="run_progress"),
    path("gep/runs/<str:code>/files/<str:name>", runs.file, name="run_file"),
    path("gep/runs/<str:code>/<str:step>/", runs.take_step, name="run_step"),
    path("gep/scenarios/new/", scenarios.new, name="scenario_new"),
    path("gep/scenarios/parcels.json", scenarios.parcels_in_shape, name="scenario_parcels"),
    path("ogc/", include("web.ogc.urls")),
    path("greenpoints/", greenpoints.page, name="greenpoints"),
    path("greenpoints/code/", redemptions.show_code, name="show_code"),
    path("greenpoints/<str:person>/", residents_home.page, name="resident"),
    path("greenpoints/<str:person>/statements/", statements.latest, name="statements"),
    path("greenpoints/<str:person>/statements/<str:period>/", statements.page, name="statement"),
    path("greenpoints/<str:person>/statements/<str:period>/lvbao.<str:kind>", statements.file, name="statement_file"),
    path("greenpoints/<str:person>/consents/", consents.page, name="consents"),
    path("greenpoints/<str:person>/consents/decide/", consents.decide, name="consent_decide"),
    path("greenpoints/<str:person>/data/", personal_data.page, name="personal_data"),
    path("greenpoints/<str:person>/data/correct/", personal_data.correct, name="personal_data_correct"),
    path("greenpoints/<str:person>/data/export.json", personal_data.export, name="personal_data_export"),
    path("redeem/", redemptions.desk, name="redeem"),
    path("marketplace/", marketplace.page, name="marketplace"),
    path("marketplace/<str:code>/", marketplace.listing_page, name="listing"),
    path("policy/", policy.page, name="policy"),
    path("policy/reconciliation/", policy.reconciliation_page, name="reconciliation"),
    path("policy/claims/<str:claim>/", policy.claim_page, name="claim"),
    path("transparency/", bookkeeping.page, name="transparency"),
    path("transparency/proof.json", bookkeeping.proof, name="proof"),
    path("transparency/verifier.py", bookkeeping.verifier, name="verifier"),
    path("api/docs/", api_docs.page, name="api_docs"),
]
