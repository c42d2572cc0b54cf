"""``manage.py gep run`` as it is called: a bad input is one clear sentence and an exit code, never a traceback."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from tests.unit.gep import landscapes

ROOT = Path(__file__).resolve().parents[3]
ACCOUNT = """[account]
region = "361028"
year = 2024
[parcels]
path = "parcels.gpkg"
[layers.land_cover]
path = "land_cover.tif"
"""


@pytest.fixture
def folder(tmp_path):
    landscapes.write_layers(tmp_path)
    landscapes.write_parcels(tmp_path / "parcels.gpkg")
    (tmp_path / "ACCOUNT.toml").write_text(ACCOUNT)
    return tmp_path


def run(folder, account="ACCOUNT.toml"):
    command = [
        sys.executable,
        "manage.py",
        "gep",
        "run",
        str(folder / account),
        "--out",
        str(folder / "out"),
        "--quiet",
    ]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)


def missing_account(folder):
    (folder / "ACCOUNT.toml").unlink()


def missing_parcels(folder):
    (folder / "parcels.gpkg").unlink()


def missing_layer(folder):
    (folder / "land_cover.tif").unlink()


def unknown_key(folder):
    (folder / "ACCOUNT.toml").write_text(ACCOUNT.replace("year = 2024", "year = 2024\ncolour = 'red'"))


def unknown_layer(folder):
    (folder / "ACCOUNT.toml").write_text(ACCOUNT + '[layers.magic]\npath = "dem_m.tif"\n')


def unknown_profile(folder):
    (folder / "ACCOUNT.toml").write_text(ACCOUNT.replace("year = 2024", 'year = 2024\nprofile = "none"'))


def parcels_of_other_crs(folder):
    landscapes.write_parcels(folder / "parcels.gpkg", crs="EPSG:4549")


def layer_of_other_crs(folder):
    landscapes.write_raster(folder / "land_cover.tif", landscapes.CLASSES, crs="EPSG:4549")


def account_of_unknown_crs(folder):
    (folder / "ACCOUNT.toml").write_text(ACCOUNT.replace("year = 2024", 'year = 2024\ncrs = "EPSG:0"'))


def account_in_degrees(folder):
    (folder / "ACCOUNT.toml").write_text(ACCOUNT.replace("year = 2024", 'year = 2024\ncrs = "EPSG:4490"'))


def price_year_in_words(folder):
    (folder / "ACCOUNT.toml").write_text(ACCOUNT.replace("year = 2024", 'year = 2024\nprice_year = "last"'))


def switches_that_are_none(folder):
    (folder / "ACCOUNT.toml").write_text("switches = 3\n" + ACCOUNT)


@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (missing_account, "ACCOUNT.toml: there is no such file"),
        (missing_parcels, "parcels.gpkg: file_missing"),
        (missing_layer, "land_cover.tif: file_missing: 文件不存在。 There is no such file."),
        (unknown_key, "keys that are not known: account.colour"),
        (unknown_layer, "the layer 'magic' is not known; there are land_cover"),
        (unknown_profile, "there is no profile 'none'; there are CAS2017, GBT46869_2025"),
        (parcels_of_other_crs, "parcels.gpkg: wrong_zone (stated EPSG:4549, coordinates like"),
        (layer_of_other_crs, "land_cover.tif: wrong_zone (stated EPSG:4549, coordinates like"),
        (account_of_unknown_crs, "account.crs 'EPSG:0' is not a coordinate system that is known"),
        (account_in_degrees, "account.crs 'EPSG:4490' is not a projected system in metres, such as EPSG:4548"),
        (price_year_in_words, "account.price_year is missing or not int"),
        (switches_that_are_none, "the table [switches] is missing"),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_bad_input_is_refused_in_one_sentence(folder, spoil, sentence):
    spoil(folder)
    with pytest.raises(CommandError) as refused:
        call_command("gep", "run", str(folder / "ACCOUNT.toml"), "--out", str(folder / "out"), "--quiet")
    assert sentence in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1
    assert not (folder / "out").exists()


@pytest.mark.parametrize("spoil", [missing_account, unknown_key, layer_of_other_crs])
def test_a_refusal_is_an_exit_code_and_no_traceback(folder, spoil):
    spoil(folder)
    done = run(folder)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1, done.stderr
    assert done.stderr.startswith("CommandError: ")
    assert done.stdout == ""


def test_results_that_cannot_be_written_are_told(folder):
    (folder / "out").write_text("a file stands where the folder should")
    done = run(folder)
    assert (done.returncode, done.stderr.strip()) == (
        1,
        "CommandError: the results cannot be written to out: File exists",
    )


def test_the_folder_unspoilt_is_compiled_without_a_word(folder):
    done = run(folder)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    names = {path.name for path in (folder / "out").iterdir()}
    assert names == {
        "accounts.xlsx", "parcels.gpkg", "parcels.parquet", "parcels.qml", "report.pdf", "summary.json", "totals.csv",
    }  # fmt: skip


def test_a_run_tells_how_far_it_is_and_what_it_came_to(folder, capsys):
    call_command("gep", "run", str(folder / "ACCOUNT.toml"), "--out", str(folder / "out"), "--draws", "1000")
    told = capsys.readouterr()
    percents = [int(line.split("%")[0]) for line in told.err.splitlines() if "%" in line]
    assert percents == sorted(percents) and percents[-1] == 100
    assert "核算地块" in told.err and "report.pdf" in told.err
    for said in ("资溪县 2024 年生态产品总值", "固碳", "合计", "95% 区间", "亿元", "accounts.xlsx", "内存峰值"):
        assert said in told.out


def test_rows_that_are_the_reason_of_a_refusal_are_listed(folder):
    landscapes.write_parcels(folder / "parcels.gpkg", code=["a", "a", "b", "c"])
    with pytest.raises(CommandError, match="duplicate_parcel.*listed in findings.csv$"):
        call_command("gep", "run", str(folder / "ACCOUNT.toml"), "--out", str(folder / "out"), "--quiet")
    listed = (folder / "out" / "findings.csv").read_text(encoding="utf-8-sig").splitlines()
    assert len(listed) == 2 and listed[1].startswith("parcels.gpkg,2,parcel_id,a,duplicate_parcel,")


def test_a_machine_without_a_chinese_font_is_told_which_package_it_lacks(folder, monkeypatch):
    from core import fonts

    monkeypatch.setattr(fonts, "families", frozenset)
    with pytest.raises(CommandError, match="fonts-noto-cjk") as refused:
        call_command("gep", "run", str(folder / "ACCOUNT.toml"), "--out", str(folder / "out"), "--quiet")
    assert refused.value.returncode == 2
    assert (folder / "out" / "summary.json").is_file()
