"""What the pages of the GEP accounts tell: overview, comparison, one parcel, publication, datasets, runs, scenarios."""

from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from core import jobs
from gep import dataset_queries, queries, run_queries
from gep.comparisons import effects_of
from gep.models import Run
from tests.integration.web import small_county
from tests.integration.web.small_county import AT, COUNTY
from tests.unit.gep import landscapes
from web import comparisons

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(tmp_path):
    return small_county.compile_account(tmp_path)


@pytest.fixture
def analyst(client):
    user = small_county.analyst("analyst")
    client.force_login(user)
    return user


def do_the_waiting_jobs():
    while jobs.run_due(as_of=AT.replace(year=2027)):
        pass


def test_every_figure_at_a_glance_has_unit_year_source_and_a_way_down(client, account):
    page = client.get("/gep/").content.decode()
    assert page.count('class="tile"') == 7
    assert "资溪县 2024 年，2024 年价" in page
    assert f'href="/map/?account={account}&amp;indicator=water_retention"' in page
    assert 'id="areas"' in page
    assert 'id="indicators"' in page


def test_a_parcel_explains_each_of_its_figures(client, account):
    page = client.get(f"/parcels/361028-0/?account={account}").content.decode()
    assert "水源涵养量 = 面积 ×（降水量 − 地表径流 − 蒸散量）" in page
    assert "水量平衡法" in page
    assert "runoff.111" in page
    assert "runoff.511" not in page  # of another class
    assert "有数据的份额" in page
    assert "B 级：模型推算" in page


@pytest.mark.parametrize(("same_method", "effect"), [(True, "quantity_fen"), (False, "method_fen")])
def test_a_change_is_split_as_worked_example_t36(same_method, effect):
    """gep.md T36: Q 100 to 120, p 2 to 2.5 yuan: 44.966 and 55.034 of 100 yuan; with another method Q is its effect."""
    one, other = (SimpleNamespace(quantity=amount, value_fen=fen) for amount, fen in ((100, 20_000), (120, 30_000)))
    split = effects_of(one, other, same_method=same_method)
    assert split == {effect: 4_497, "price_fen": 5_503}


def test_an_indicator_of_one_account_only_is_told_as_scope(client, account, tmp_path):
    other = small_county.compile_account(tmp_path, profile="CAS2017")
    found = comparisons.compare(queries.account(account), queries.account(other))
    only = [row for row in found.rows if row["coverage_fen"] is not None]
    assert only
    assert all(row["first_fen"] is None or row["second_fen"] is None for row in only)
    assert sum(found.effects.values()) == found.second_fen - found.first_fen
    page = client.get(f"/gep/compare/?first={account}&second={other}").content.decode()
    assert "变化由什么引起" in page
    assert page.count("<option") == 4
    assert found.effects["quantity_fen"] == 0  # another profile: what is not price is method


def test_one_account_cannot_be_compared(client, account):
    assert "至少要有两个" in client.get("/gep/compare/").content.decode()


def test_only_what_was_official_stands_on_the_public_page(client, account):
    assert "还没有正式发布的账户。" in client.get("/gep/published/").content.decode()
    assert client.get(f"/gep/published/{account}/").status_code == 404
    Run.objects.filter(code=account).update(
        status="published", synthetic=False, unconfirmed_figures=False, published_at=AT
    )  # fmt: skip
    page = client.get(f"/gep/published/{account}/").content.decode()
    assert "资溪县 2024 年生态产品总值" in page
    assert "正式核算单元为县" in page
    assert "2025-03-01" in page
    Run.objects.filter(code=account).update(status="withdrawn", withdrawn_reason="原统计表有误")
    assert "原统计表有误" in client.get(f"/gep/published/{account}/").content.decode()


def upload(client, path, **changes):
    said = {
        "kind": "layer", "layer": "precipitation_mm", "scheme": "", "region": COUNTY, "year": "2024",
        "source": "气象局", "licence": "市内部使用", "id_column": "",
    } | changes  # fmt: skip
    return client.post("/gep/datasets/new/", said | {"file": SimpleUploadedFile(path.name, path.read_bytes())})


def test_a_layer_is_uploaded_without_scripts_checked_and_withdrawn(client, analyst, tmp_path):
    path = landscapes.write_raster(tmp_path / "rain.tif", landscapes.layer("precipitation_mm"))
    answer = upload(client, path)
    assert answer.status_code == 302
    assert "检查中" in client.get(answer.url).content.decode()
    do_the_waiting_jobs()
    page = client.get(answer.url).content.decode()
    assert "可用" in page
    assert "EPSG:4548" in page
    (row,) = dataset_queries.datasets(kind="layer")
    assert "rain.tif" in client.get("/gep/datasets/").content.decode()
    client.post(f"{answer.url}withdraw/", {"reason": "换了新版", "revision": row.revision})
    assert "换了新版" in client.get(answer.url).content.decode()


def test_a_file_that_is_no_raster_is_refused_with_its_reason(client, analyst, tmp_path):
    path = tmp_path / "rain.tif"
    path.write_bytes(b"not a raster" * 100)
    answer = upload(client, path)
    do_the_waiting_jobs()
    page = client.get(answer.url).content.decode()
    assert "检查没有通过" in page


def test_a_form_with_gaps_names_them(client, analyst, tmp_path):
    answer = client.post("/gep/datasets/new/", {"kind": "layer", "region": COUNTY, "year": "2024"})
    assert answer.status_code == 422
    assert answer.content.decode().count('class="errorlist"') == 3  # file, source, licence


def asked_run(client, account, **changes):
    base = run_queries.run(account)
    said = {f"data-{role}": code for role, code in base.datasets.items()}
    form = client.get("/gep/runs/new/").context["form"]
    switches = {name: form.fields[name].initial for name in form.rows_of_switches}
    return client.post("/gep/runs/new/", said | switches | {
        "profile": "GBT46869_2025", "region": COUNTY, "year": "2024", "price_year": "2024", "draws": "0", "seed": "0",
    } | changes)  # fmt: skip


def test_the_same_run_again_is_the_run_there_is(client, analyst, account):
    answer = asked_run(client, account)
    assert (answer.status_code, answer.url) == (302, f"/gep/runs/{account}/")


def test_a_switch_makes_another_run_that_is_followed_to_its_end(client, analyst, account):
    answer = asked_run(client, account, **{"switch-clip_negative": "True", "name": "试算"})
    assert answer.url != f"/gep/runs/{account}/"
    page = client.get(answer.url).content.decode()
    assert "hx-get" in page
    assert "取消核算" in page
    do_the_waiting_jobs()
    told = client.get(f"{answer.url}progress/")
    assert told.headers["HX-Refresh"] == "true"
    page = client.get(answer.url).content.decode()
    assert "已核算" in page
    assert "按零计" in page
    assert "hx-get" not in page


def test_a_run_is_cancelled_and_taken_up_again(client, analyst, account):
    answer = asked_run(client, account, **{"switch-clip_negative": "True"})
    client.post(f"{answer.url}cancel/")
    assert "接着算" in client.get(answer.url).content.decode()
    client.post(f"{answer.url}resume/")
    do_the_waiting_jobs()
    assert "已核算" in client.get(answer.url).content.decode()


def test_the_second_person_approves_and_publishes_and_one_withdraws(client, analyst, account):
    Run.objects.filter(code=account).update(
        requested_by="analyst", synthetic=False, unconfirmed_figures=False
    )  # as if every figure had been confirmed  # fmt: skip
    page = f"/gep/runs/{account}/"
    own = client.get(page).content.decode()
    assert "须由另一位分析员复核" in own
    assert "复核通过" not in own
    refused = client.post(f"{page}approve/", {"revision": run_queries.run(account).revision})
    assert refused.status_code == 403
    assert "申请人以外" in refused.content.decode()
    client.force_login(small_county.analyst("second"))
    stale = client.post(f"{page}approve/", {"revision": "77"})
    assert stale.status_code == 412
    for step in ("approve", "publish"):
        assert client.post(f"{page}{step}/", {"revision": run_queries.run(account).revision}).status_code == 302
    assert run_queries.run(account).status == "published"
    no_reason = client.post(f"{page}withdraw/", {"revision": run_queries.run(account).revision, "reason": " "})
    assert no_reason.status_code == 422
    client.post(f"{page}withdraw/", {"revision": run_queries.run(account).revision, "reason": "统计修订"})
    assert run_queries.run(account).withdrawn_reason == "统计修订"


def test_a_scenario_keeps_its_losses_and_says_what_it_is(client, analyst, account):
    form = {"base": account, "kind": "scenario", "land_use": "0702", "parcels": "361028-0, 361028-1", "name": "建房"}
    answer = client.post("/gep/scenarios/new/", form)
    assert answer.status_code == 302
    do_the_waiting_jobs()
    page = client.get(answer.url).content.decode()
    assert "永远不会成为官方结果" in page
    assert "改动 2 个地块" in page
    run = run_queries.run(answer.url.split("/")[-2])
    change_fen = run.total_fen - run_queries.run(account).total_fen
    assert change_fen < 0
    assert f"-{abs(change_fen) // 100:,}" in page
    assert "复核通过" not in page
    assert client.get("/gep/").content.decode().count("<option") == 1  # it is no account to switch to


def test_a_project_unit_is_an_account_of_its_own(client, analyst, account):
    before_fen = queries.latest_account().total_fen
    form = {"base": account, "kind": "project", "parcel": ["361028-0"]}
    answer = client.post("/gep/scenarios/new/", form)
    do_the_waiting_jobs()
    assert "绝不加进 GEP" in client.get(answer.url).content.decode()
    assert run_queries.run(answer.url.split("/")[-2]).parcels == 1
    assert queries.latest_account().total_fen == before_fen


@pytest.mark.parametrize("parcels", ["", "361028-0 nowhere-1"])
def test_a_scenario_without_parcels_or_with_strange_ones_is_refused(client, analyst, account, parcels):
    form = {"base": account, "kind": "scenario", "land_use": "0702", "parcels": parcels}
    answer = client.post("/gep/scenarios/new/", form)
    assert answer.status_code == 422
    assert "请选择地块" in answer.content.decode()


def test_a_drawn_shape_names_the_parcels_that_it_touches(client, analyst, account):
    from gep import map_queries

    west, south, east, north = map_queries.accounted_parcel(account, "361028-0").geometry.bounds
    inside = f"{west + 1e-5},{south + 3e-4},{west + 3e-5},{north - 1e-5}"
    told = client.get(f"/gep/scenarios/parcels.json?account={account}&ring={inside}").json()
    assert told == {"codes": ["361028-0"], "too_many": False}
    for bad in ("", "1,2,3", "a,b,c,d", "1e400,2,3,4", "999,0,0,0"):
        assert client.get(f"/gep/scenarios/parcels.json?account={account}&ring={bad}").status_code == 422
