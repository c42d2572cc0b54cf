"""What people come for, from the home page to the end."""

from tests.browser.story import PASSWORD


def sign_in(window, name: str, *, then: str) -> None:
    window.open(f"/sign-in/?next={then}")
    window.page.get_by_label("用户名").fill(name)
    window.page.get_by_label("密码").fill(PASSWORD)
    window.page.locator("main").get_by_role("button", name="登录").click()


def test_from_the_home_page_over_the_map_to_a_parcel(screen, told):
    window = screen()
    window.open("/")
    window.page.get_by_role("link", name="打开地图").click()
    window.page.wait_for_selector("#map[data-ready]", timeout=60_000)
    window.page.get_by_role("link", name=told.parcel).first.click()
    assert told.parcel in window.page.locator("h1").inner_text()
    assert window.page.get_by_text("水源涵养").first.is_visible()


def test_the_map_draws_parcels_in_their_classes_and_opens_one_by_keyboard(screen, told):
    window = screen()
    window.open("/map/")
    window.page.wait_for_selector("#map[data-ready]", timeout=60_000)
    window.page.evaluate("greenMap.jumpTo({center: [117.0008, 27.7008], zoom: 14})")
    drawn = "greenMap.queryRenderedFeatures({layers: ['parcels']}).length"
    for _ in range(120):  # not wait_for_function: it polls with eval, which our content policy forbids
        if window.page.evaluate(drawn):
            break
        window.page.wait_for_timeout(500)
    assert window.page.evaluate(drawn) > 0
    window.page.locator("#map canvas").focus()
    window.page.keyboard.press("Enter")
    popup = window.page.locator(".maplibregl-popup a")
    popup.wait_for()
    assert popup.get_attribute("href").startswith(f"/parcels/{told.parcel}/?account=")


def test_the_table_is_sorted_without_leaving_the_page(screen, told):
    window = screen()
    window.open("/map/")
    with window.page.expect_response(lambda answer: "order=code" in answer.url):
        window.page.locator("#parcels thead").get_by_role("link", name="编号").click()
    window.page.wait_for_selector("#parcels th[aria-sort]:first-child")
    assert "order=code" in window.page.url


def test_a_resident_reads_why_an_act_was_or_was_not_credited(screen, told):
    window = screen(width=390, java_script_enabled=False)
    sign_in(window, told.resident, then="/greenpoints/")
    window.page.get_by_role("link", name="查看余额与明细").click()
    text = window.page.locator("main").inner_text()
    assert told.person in text
    assert "2026-05-19 的行为" in text
    assert "已计入" in text
    assert "2026-05-19 低碳行为所得" in text
    assert "在 资溪白茶茶馆（演示）（tea-house） 兑换" in text


def test_a_resident_sees_nobody_elses_page(screen, told):
    window = screen()
    window.may_answer = {403}
    sign_in(window, told.merchant, then="/greenpoints/")
    assert window.open(f"/greenpoints/{told.person}/").status == 403


def shown_code(screen, told) -> str:
    """Return the one-time code that the resident's own page shows."""
    window = screen(width=390, java_script_enabled=False)
    sign_in(window, told.resident, then=f"/greenpoints/{told.person}/")
    window.page.get_by_role("button", name="出示一次性码").click()
    return window.page.locator("#one-time-code").inner_text()


def test_a_merchant_takes_coins_in_two_steps(screen, told):
    code = shown_code(screen, told)
    window = screen(width=390, java_script_enabled=False)
    sign_in(window, told.merchant, then="/redeem/")
    window.page.get_by_label("订单短码").fill("order-2")
    window.page.get_by_label("居民出示的一次性码").fill(code)
    window.page.get_by_label("碳币数").fill("1")
    window.page.get_by_role("button", name="下一步").click()
    assert "第二步" in window.page.locator("main").inner_text()
    window.page.get_by_role("button", name="货已交付，确认").click()
    assert "核销成功" in window.page.locator("main").inner_text()


def test_more_coins_than_there_are_is_refused_in_words(screen, told):
    code = shown_code(screen, told)
    window = screen()
    window.may_answer = {409}
    sign_in(window, told.merchant, then="/redeem/")
    window.page.get_by_label("订单短码").fill("order-3")
    window.page.get_by_label("居民出示的一次性码").fill(code)
    window.page.get_by_label("碳币数").fill("100000")
    window.page.get_by_role("button", name="下一步").click()
    assert "该居民可用的碳币不足" in window.page.get_by_role("alert").inner_text()


def test_anybody_checks_a_posting_against_the_log(screen, told):
    window = screen()
    window.open("/transparency/")
    window.page.get_by_label("业务编号").fill(told.redemption)
    window.page.get_by_role("button", name="查证").click()
    assert "证明已核对无误" in window.page.locator("#proof").inner_text()
    window.page.get_by_label("业务编号").fill("settlement/not-there")
    window.page.get_by_role("button", name="查证").click()
    assert "没有这个编号" in window.page.locator("#proof").inner_text()


def test_the_keyboard_alone_reaches_the_market(screen, told):
    window = screen()
    window.open("/")
    window.page.keyboard.press("Tab")
    assert window.page.evaluate("document.activeElement.className") == "skip"
    for _ in range(12):
        window.page.keyboard.press("Tab")
        if window.page.evaluate("document.activeElement.getAttribute('href')") == "/marketplace/":
            break
    window.page.keyboard.press("Enter")
    window.page.wait_for_url("**/marketplace/")


def test_tiles_are_not_sent_twice(screen, told):
    window = screen()
    path = f"{window.site}/tiles/parcels/14/13516/6878.mvt"
    first = window.page.request.get(path)
    again = window.page.request.get(path, headers={"If-None-Match": first.headers["etag"]})
    assert (first.status, again.status) == (200, 304)
    assert window.page.request.get(f"{window.site}/tiles/parcels/3/9/0.mvt").status == 404
