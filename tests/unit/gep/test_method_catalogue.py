"""The catalogue names everything that an account can be asked for, and the source of every figure."""

import json
from io import StringIO

from django.core.management import call_command

from gep import method_catalogue


def printed(*arguments: str) -> str:
    told = StringIO()
    call_command("gep", "profiles", *arguments, stdout=told)
    return told.getvalue()


def test_the_catalogue_as_json():
    told = json.loads(printed("--json"))
    assert told == json.loads(json.dumps(method_catalogue.gather()))
    assert [profile["name"] for profile in told["profiles"]] == [
        "CAS2017", "GBT46869_2025", "JX_DB36_1402", "MEE2020", "NDRC2022",
    ]  # fmt: skip
    assert len(told["switches"]) == 11
    names = {indicator["name"] for indicator in told["indicators"]}
    assert len(names) == 21
    for profile in told["profiles"]:
        said = [*profile["indicators"], *profile["optional"], *profile["off"]]
        assert sorted(said) == sorted(names)
        assert {"sandstorm_prevention", "coastal_protection"} <= set(profile["off"])
    assert {"precipitation_mm", "nep_gc_m2", "dem_m"} <= {layer["name"] for layer in told["layers"]}
    prices = next(table["rows"] for table in told["coefficient_tables"] if table["table"] == "prices")
    carbon = next(row for row in prices if row["key"] == "carbon")
    assert (carbon["value"], carbon["per"], carbon["tag"]) == ("95.84", "t CO2", "D")
    assert "全国碳市场" in carbon["title"]


def test_the_catalogue_as_text():
    text = printed()
    assert "capacity_rule           actual_if_below | full_capacity" in text
    assert "carbon_sequestration: biomass > biomass_stated > rate > nep > dry_matter" in text
    assert "prices: carbon is the row carbon@garze" in text
    assert "unconfirmed: indicators, variants" in text
    assert "U UNCONFIRMED" in text
    assert (
        "measured                  实测温差: temperature_difference_c, figures air_height*, figures cooling_hours*"
        in text
    )
    assert "rweq                      修正风蚀方程: land cover alone  (formula only)" in text
    assert "a county may state for itself: cooling_days" in text
