"""An analyst uploads, accounts, looks at the map, explains a parcel and compares; another one finds what to approve."""

import re

from django.utils import timezone

from core import jobs
from tests.browser.story import PASSWORD
from tests.unit.gep import landscapes


def sign_in(window, name: str, *, then: str) -> None:
    window.open(f"/sign-in/?next={then}")
    window.page.get_by_label("用户名").fill(name)
    window.page.get_by_label("密码").fill(PASSWORD)
    window.page.locator("main").get_by_role("button", name="登录").click()


def do_the_waiting_jobs() -> None:
    while jobs.run_due(as_of=timezone.now()):
        pass


def test_from_the_file_to_the_comparison(screen, told, tmp_path):
    window = screen()
    page = window.page
    sign_in(window, told.analyst, then="/gep/datasets/new/")
    rain = landscapes.write_raster(tmp_path / "rain.tif", landscapes.layer("precipitation_mm") + 1)
    page.get_by_label("文件").set_input_files(rain)
    page.get_by_label("内容").select_option("layer")
    page.get_by_label("图层", exact=True).select_option("precipitation_mm")
    page.get_by_label("区域").select_option("361028")
    page.get_by_label("来源").fill("气象局")
    page.get_by_label("许可").fill("市内部使用")
    page.get_by_role("button", name="上传并检查").click()  # the script sends it in pieces
    page.wait_for_url(re.compile("/gep/datasets/[0-9a-f]{16}/$"))
    do_the_waiting_jobs()
    page.reload()
    assert "可用" in page.locator("#state").inner_text()

    window.open("/gep/runs/new/")
    page.get_by_label("区域").select_option("361028")
    page.get_by_label("核算年").fill("2024")
    page.get_by_label("价格年").fill("2024")
    page.locator("#id_data-precipitation_mm option", has_text="rain.tif").wait_for(state="attached")
    ours = page.locator("#id_data-precipitation_mm option").filter(has_text="precipitation_mm.tif")
    page.locator("#id_data-precipitation_mm").select_option(ours.get_attribute("value"))
    page.get_by_label("水源涵养负值").select_option("True")
    page.get_by_role("button", name="检查并核算").click()
    page.wait_for_selector("#progress")
    do_the_waiting_jobs()
    page.wait_for_selector("#indicators", timeout=20_000)  # the page follows the run by itself

    code = page.url.split("/")[-2]
    page.get_by_role("link", name="地图").last.click()
    page.locator("#parcels").get_by_role("link", name=told.parcel).click()
    page.locator("summary", has_text="水源涵养").click()
    assert page.get_by_text("水源涵养量 = 面积").is_visible()
    window.open(f"/gep/compare/?first={told.account}&second={code}")
    page.wait_for_selector("#chart[data-ready]")
    assert "总变化" in page.locator("main").inner_text()

    other = screen(width=390)
    sign_in(other, told.second_analyst, then=f"/gep/runs/{code}/")
    assert "不能成为官方结果" in other.page.locator("main").inner_text()  # synthetic land is never official
