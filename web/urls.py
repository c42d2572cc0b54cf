"""The addresses of the pages."""

from django.contrib.auth.views import LogoutView
from django.urls import include, path

from web.views import api_docs, bookkeeping, gep, greenpoints, home, identity, marketplace, policy, redemptions

urlpatterns = [
    path("", home.page, name="home"),
    path("sign-in/", identity.sign_in, name="sign_in"),
    path("sign-out/", LogoutView.as_view(), name="sign_out"),
    path("display/", identity.display, name="display"),
    path("i18n/", include("django.conf.urls.i18n")),
    path("map/", gep.map_page, name="map"),
    path("map/counties.geojson", gep.counties_geojson, name="counties_geojson"),
    path("tiles/parcels/<int:z>/<int:x>/<int:y>.mvt", gep.parcel_tile, name="parcel_tile"),
    path("gep/", gep.account_page, name="gep"),
    path("parcels/<str:code>/", gep.parcel_page, name="parcel"),
    path("greenpoints/", greenpoints.page, name="greenpoints"),
    path("greenpoints/code/", redemptions.show_code, name="show_code"),
    path("greenpoints/<str:person>/", greenpoints.resident_page, name="resident"),
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
