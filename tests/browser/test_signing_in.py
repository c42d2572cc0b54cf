"""Signing in, being locked out, and the error pages."""

from tests.browser.story import PASSWORD


def fill(window, *, name: str, password: str) -> None:
    window.page.get_by_label("用户名").fill(name)
    window.page.get_by_label("密码").fill(password)
    window.page.locator("main").get_by_role("button", name="登录").click()


def test_signing_in_and_out_without_javascript(screen, told):
    window = screen(java_script_enabled=False)
    window.open("/sign-in/?next=/policy/")
    fill(window, name=told.staff, password=PASSWORD)
    assert window.page.url.endswith("/policy/")
    window.page.get_by_role("button", name="退出登录").click()
    assert window.page.get_by_role("link", name="登录").first.is_visible()


def test_the_fifth_wrong_password_locks(screen, told):
    window = screen(width=390)
    window.may_answer = {429}
    window.open("/sign-in/")
    for _ in range(4):
        fill(window, name="nobody-here", password="wrong")
        assert "用户名或密码不正确" in window.page.get_by_role("alert").inner_text()
    fill(window, name="nobody-here", password="wrong")
    assert "登录暂时锁定" in window.page.locator("h1").inner_text()
    assert window.page.get_by_text("请求编号").first.is_visible()


def test_a_page_that_is_not_there_says_so_and_how_to_go_on(screen, told):
    window = screen(width=390)
    window.may_answer = {404}
    response = window.open("/no-such-page/")
    assert response.status == 404
    request_id = response.headers["x-request-id"]
    assert request_id in window.page.locator("main").inner_text()
    window.page.locator("main").get_by_role("link", name="回到首页").click()
    assert window.page.url == window.site + "/"


def test_a_form_from_elsewhere_is_refused(screen, told):
    window = screen()
    answer = window.page.request.post(window.site + "/display/", form={"elder": "1"})
    assert answer.status == 403
    assert "表单已过期" in answer.text()


def test_the_way_back_never_leaves_the_site(screen, told):
    window = screen()
    window.open("/")
    window.page.locator("form[action='/display/'] input[name=next]").first.evaluate(
        "(field) => { field.value = 'https://example.org/' }"
    )
    window.page.locator("header").get_by_role("button", name="长辈版").click()
    assert window.page.url == window.site + "/"
