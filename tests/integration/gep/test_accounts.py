"""Accounts in the platform: loaded, requested, compiled once, added up, explained."""

from datetime import UTC, date, datetime

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.db.models import Sum

from core import events, invariants, jobs
from gep import accounts, datasets, intake, queries, runs
from gep.models import AccountTotal, Parcel, ParcelAccount, Run
from gep.readers import Reader
from identity.people import register_user
from tests.unit.gep import landscapes

AT = datetime(2025, 3, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db


@pytest.fixture
def layers(tmp_path):
    return landscapes.write_layers(tmp_path)


@pytest.fixture
def parcels(tmp_path):
    intake.load_parcels(landscapes.write_parcels(tmp_path / "parcels.gpkg"))


@pytest.fixture
def account(layers, parcels):
    code = accounts.request(region="361028", year=2024, price_year=2024, layers=layers, at=AT).code
    return accounts.compile(code, as_of=AT)


def test_the_same_parcels_again_add_nothing(tmp_path):
    path = landscapes.write_parcels(tmp_path / "parcels.gpkg")
    assert intake.load_parcels(path) == intake.LoadedParcels(added=4, unchanged=0)
    assert intake.load_parcels(path) == intake.LoadedParcels(added=0, unchanged=4)


def test_a_parcel_that_differs_is_refused_and_nothing_changes(tmp_path, parcels):
    with pytest.raises(intake.ParcelDiffers) as refused:
        intake.load_parcels(landscapes.write_parcels(tmp_path / "b.gpkg", town=["别处"] * 4))
    assert refused.value.detail == {"parcel": "361028-0"}
    assert Parcel.objects.filter(town="鹤城镇").count() == 4


@pytest.mark.parametrize(("column", "value"), [("county", "350100"), ("ecosystem", "999")])
def test_unknown_codes_are_refused_by_name(tmp_path, column, value):
    with pytest.raises(intake.ParcelRowRefused) as refused:
        intake.load_parcels(landscapes.write_parcels(tmp_path / "p.gpkg", **{column: [value] * 4}))
    assert refused.value.detail == {"parcel": "361028-0", "column": column, "value": value, "rows": 4}


def test_parcels_come_back_with_area_and_place(parcels):
    found = queries.parcel("361028-0")
    assert found.area_m2 == pytest.approx(7_700, rel=1e-6)  # 100 m by 77 m
    west, south, east, north = found.geometry.bounds
    assert 116.9 < west < east < 117.1
    assert [view.code for view in queries.parcels_in((west, south, east, north))][0] == "361028-0"
    assert queries.parcels_in((100, 20, 101, 21)) == []
    with pytest.raises(ObjectDoesNotExist):
        queries.parcel("nowhere")


def test_a_compiled_account_adds_up_at_every_level(account):
    rows = ParcelAccount.objects.filter(run__code=account.code)
    assert account.status == "compiled"
    assert account.unconfirmed_figures  # the annual erosivity model is not confirmed
    assert (account.parcels, rows.count()) == (4, 4)
    assert rows.aggregate(fen=Sum("total_fen"))["fen"] == account.total_fen
    for level in ("village", "town", "county", "region"):
        totals = AccountTotal.objects.filter(run__code=account.code, level=level)
        assert totals.aggregate(fen=Sum("value_fen"))["fen"] == account.total_fen
    assert sum(queries.parcel_value_fen(f"361028-{n}", account=account.code) for n in range(4)) == account.total_fen
    assert queries.parcel_value_fen("361028-0") == 0  # nobody vouched for the account yet
    assert queries.county_totals(account.code)["value_fen"].sum() == account.total_fen


def test_water_of_the_account_by_hand(account):
    # 5 columns of forest: 3 at alpha 4.65 %, 2 at 4.52 %; 6 rows of 900 m2. Depths 848.625 mm and 850.9 mm.
    totals = queries.indicator_totals(account.code).set_index("indicator")
    assert totals.loc["water_retention", "quantity"] == pytest.approx(18 * 900 * 0.848625 + 12 * 900 * 0.8509, rel=1e-9)
    assert totals.loc["water_retention", "unit"] == "m3"


def test_the_same_request_is_the_same_account(account, layers):
    again = accounts.request(region="361028", year=2024, price_year=2024, layers=layers, at=AT)
    assert again == accounts.compile(again.code, as_of=AT) == account
    assert (Run.objects.count(), ParcelAccount.objects.count()) == (1, 4)
    assert len(events.since(0, kinds={"gep.account_compiled"})) == 1


def test_other_switches_are_another_account(account, layers):
    other = accounts.request(
        region="361028", year=2024, price_year=2024, layers=layers, at=AT, switches={"soil_P_factor": True}
    )
    assert other.code != account.code


def test_a_job_compiles_what_was_requested(layers, parcels):
    code = accounts.request(region="361028", year=2024, price_year=2024, layers=layers, at=AT).code
    jobs.run_due(as_of=AT)
    assert queries.account(code).status == "compiled"
    assert queries.latest_account() is None  # it is nobody's business but the analysts' until it is published
    assert queries.latest_account(reader=Reader(frozenset({"361028"}))).code == code


def test_i15_names_the_row_that_does_not_add_up(account):
    i15 = next(found for found in invariants.registered() if found.code == "I15")
    assert [told for told in i15.check() if isinstance(told, invariants.Broken)] == []
    AccountTotal.objects.filter(level="town", indicator="water_retention").update(value_fen=1)
    (broken,) = [told for told in i15.check() if isinstance(told, invariants.Broken)]
    assert broken.row == f"{account.code}/town/361028100/water_retention"


def test_a_missing_figure_is_kept_as_one_clear_sentence(layers, parcels):
    code = accounts.request(region="361028", year=1999, price_year=2024, layers=layers, at=AT).code
    assert accounts.compile(code, as_of=AT).status == "refused"
    assert Run.objects.get().refusal == "soil_retention has no row for 'erosivity.factor' in 361028 on 1999-12-31"
    assert ParcelAccount.objects.count() == 0


def test_a_file_that_changed_after_the_request_changes_no_account(account, layers):
    landscapes.write_raster(layers["dem_m"], landscapes.layer("dem_m") * 2)
    other = accounts.request(region="361028", year=2024, price_year=2024, layers=layers, at=AT).code
    assert other != account.code  # another file is another account
    assert accounts.compile(account.code, as_of=AT) == account


def test_parcels_that_changed_after_the_request_are_not_accounted_unnoticed(layers, parcels):
    code = accounts.request(region="361028", year=2024, price_year=2024, layers=layers, at=AT).code
    Parcel.objects.filter(code="361028-0").update(digest="other")
    assert accounts.compile(code, as_of=AT).status == "refused"
    assert "ask for the account again" in Run.objects.get().refusal


def test_requests_that_cannot_be_are_refused_by_name(layers, tmp_path):
    with pytest.raises(runs.RegionWithoutParcels):
        accounts.request(region="361028", year=2024, price_year=2024, layers=layers, at=AT)
    for wrong in ({"profile": "none"}, {"switches": {"magic": 1}}, {"region": "999999"}):
        with pytest.raises((runs.RunNotDescribed, datasets.DatasetNotDescribed)):
            accounts.request(
                **{"region": "361028", "year": 2024, "price_year": 2024, "layers": layers, "at": AT} | wrong
            )


def explained(answer):
    """The parcel of 100 m x 77 m: 3 columns of broadleaf (90 m), 10 m of needleleaf, by hand."""
    told = answer["explanation"]
    assert (told["same_engine"], told["valid_to"], told["inside_share"]) == (True, None, pytest.approx(1))
    assert {unit["code"]: round(unit["area_m2"], 6) for unit in told["units"]} == {111: 6_930, 121: 770}
    rain = next(layer for layer in told["layers"] if layer["layer"] == "precipitation_mm")
    assert (rain["mean"], rain["coverage_share"]) == (pytest.approx(1_750), pytest.approx(1))
    broadleaf = next(unit for unit in told["units"] if unit["code"] == 111)
    terms = [term for term in broadleaf["terms"] if term["indicator"] == "water_retention"]
    # 1750 mm of rain, less 4.65 % that runs off, less 820 mm that evaporates: 848.625 mm on 6930 m2.
    assert sum(term["amount"] for term in terms) == pytest.approx(6_930 * 0.848625, rel=1e-9)
    assert ["layer:precipitation_mm", "water_retention.runoff.111"] in [sorted(t["product_of"]) for t in terms]
    for line in answer["lines"]:
        terms = [term for unit in told["units"] for term in unit["terms"] if term["indicator"] == line["indicator"]]
        days = 120 if line["indicator"] == "climate_regulation" else 1  # of cooling, which a county may state itself
        own = sum(term["amount"] for term in terms if term["own"])
        assert days * own == pytest.approx(line["quantity"], rel=1e-9)
    water = next(line for line in answer["lines"] if line["indicator"] == "water_retention")
    assert sorted(figure["key"] for figure in water["figures"] if figure["table"] == "water_retention") == [
        "runoff.111", "runoff.121",
    ]  # fmt: skip


def test_the_api_explains_one_parcel(account, client):
    assert client.get(f"/api/v1/gep/accounts/{account.code}/parcels/361028-0").status_code == 404  # not official
    client.force_login(register_user("zixi", "a long password 27", at=AT, roles=("analyst",), region="361028"))
    answer = client.get(f"/api/v1/gep/accounts/{account.code}/parcels/361028-0").json()
    assert answer["unconfirmed_figures"] is True
    assert answer["value_fen"] == sum(line["value_fen"] for line in answer["lines"])
    water = next(line for line in answer["lines"] if line["indicator"] == "water_retention")
    assert water["yuan_per_unit"] == 7.06
    assert {"runoff.111", "reservoir"} <= {figure["key"] for figure in water["figures"]}
    explained(answer)
    assert client.get("/api/v1/gep/accounts").json()[0]["total_fen"] == account.total_fen
    assert len(client.get(f"/api/v1/gep/accounts/{account.code}").json()["totals"]) == 5
    assert client.get("/api/v1/gep/accounts/none/parcels/none").status_code == 404


def test_a_parcel_is_explained_as_the_account_took_it_though_it_was_surveyed_again(account, client):
    client.force_login(register_user("zixi", "a long password 27", at=AT, roles=("analyst",), region="361028"))
    address = f"/api/v1/gep/accounts/{account.code}/parcels/361028-0"
    before = client.get(address).json()
    old = Parcel.objects.get(code="361028-0")
    Parcel.objects.filter(pk=old.pk).update(valid_to=date(2025, 6, 1))
    old.pk, old.valid_from, old.valid_to, old.area_m2, old.town = None, date(2025, 6, 1), None, 1.0, "新镇"
    old.save(force_insert=True)
    after = client.get(address).json()
    assert (after["area_m2"], after["town"], after["lines"]) == (before["area_m2"], "鹤城镇", before["lines"])
    assert after["explanation"]["valid_to"] == "2025-06-01"
    assert after["explanation"]["units"] == before["explanation"]["units"]
    page = client.get(f"/parcels/361028-0/?account={account.code}").content.decode()
    assert "鹤城镇" in page
    assert "各图层在这块地上的值" in page
    assert "90.0" in page  # per cent of the parcel that is broadleaf
