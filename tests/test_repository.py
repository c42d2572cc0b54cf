"""What the repository checks by itself, so that no reader has to remember it."""

import ast
import csv
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import models

ROOT = Path(__file__).resolve().parents[1]
APPS = ("core", "identity", "bookkeeping", "greenpoints", "gep", "marketplace", "policy", "web")
PACKAGES = (*APPS, "config")
LONGEST_FUNCTION = 70
DUMPING_GROUNDS = {"utils", "helpers", "common", "services", "misc", "manager", "managers"}
MAY_READ_THE_CLOCK = ("api.py", "api/", "tasks.py", "tasks/", "admin.py", "views/", "views.py", "management/")
CLOCK_CALLS = {
    "timezone.now", "timezone.localtime", "timezone.localdate", "datetime.now", "datetime.utcnow", "datetime.today",
    "date.today", "time.time", "datetime.datetime.now", "datetime.date.today",
}  # fmt: skip


def sources(*packages: str) -> Iterator[Path]:
    for package in packages:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts and "node_modules" not in path.parts:
                yield path


def tracked_files() -> list[str]:
    listing = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True)
    return listing.stdout.splitlines()


def test_no_function_is_longer_than_a_screen():
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in sources(*PACKAGES, "tooling", "fixtures", "benchmarks", "tests")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or node.lineno) - node.lineno + 1 > LONGEST_FUNCTION
    ]
    assert long == []


def test_no_module_is_a_dumping_ground():
    named = [str(path.relative_to(ROOT)) for path in sources(*PACKAGES, "tooling") if path.stem in DUMPING_GROUNDS]
    assert named == []


def test_the_clock_is_read_only_at_the_edges():
    read = []
    for path in sources(*APPS):
        inside = path.relative_to(ROOT).as_posix().split("/", 1)[1]
        if inside.startswith(MAY_READ_THE_CLOCK):
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in CLOCK_CALLS:
                if node.args and ast.unparse(node.func).startswith("timezone.local"):
                    continue  # the day or time of an instant that was passed in
                read.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert read == []


def test_no_broad_except_outside_a_tasks_edge():
    broad = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in sources(*APPS)
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or ast.unparse(node.type) in {"Exception", "BaseException"})
        and not any(isinstance(part, ast.Raise) for statement in node.body for part in ast.walk(statement))
        and path.relative_to(ROOT).as_posix() not in {"core/jobs.py", "core/problems.py", "core/tasks.py"}
    ]
    assert broad == []


def coefficient_tables() -> list[Path]:
    return sorted(ROOT.glob("*/coefficients/*.csv"))


@pytest.mark.parametrize("path", coefficient_tables(), ids=lambda path: f"{path.parts[-3]}/{path.name}")
def test_coefficient_tables_are_complete_sourced_and_used(path):
    from core import coefficients

    coefficients.load(path)  # refuses a row without unit, per, region, validity or a known source, and overlaps
    code = "\n".join(source.read_text() for source in sources(path.parts[-3]))
    assert path.name in code or path.stem in code, f"no module reads {path.name}"


def test_every_source_is_cited():
    cited = {row["source"] for path in coefficient_tables() for row in csv.DictReader(path.open())}
    with (ROOT / "core" / "sources.csv").open() as file:
        known = {row["source"] for row in csv.DictReader(file)}
    text = "\n".join(path.read_text() for path in ROOT.glob("policy/programmes/*.yaml"))
    text += "\n".join(path.read_text() for pattern in ("*/*.csv", "docs/methods/*.md") for path in ROOT.glob(pattern)
                      if path.name != "sources.csv")  # fmt: skip
    assert {name for name in known - cited if name not in text} == set()
    assert cited - known == set()


def test_there_are_coefficient_tables():
    assert {path.parts[-3] for path in coefficient_tables()} >= {"gep", "greenpoints"}


def violations() -> list[type]:
    from core.errors import RuleViolation

    for package in APPS:
        for path in sources(package):
            if "management" not in path.parts and path.name != "offline_verifier.py":
                name = path.relative_to(ROOT).with_suffix("").as_posix().replace("/", ".").removesuffix(".__init__")
                __import__(name)
    found, waiting = [], [RuleViolation]
    while waiting:
        kind = waiting.pop()
        waiting += kind.__subclasses__()
        if kind is not RuleViolation and kind.__module__.split(".")[0] in APPS and "code" in vars(kind):
            found.append(kind)
    return found


def test_every_refusal_has_a_code_a_chinese_text_and_a_documented_row():
    listed = (ROOT / "docs" / "errors.md").read_text()
    codes = [kind.code for kind in violations()]
    assert sorted({code for code in codes if codes.count(code) > 1}) == []
    without_chinese = [kind.code for kind in violations() if not re.search(r"[一-鿿]", str(kind.message))]
    assert without_chinese == []
    assert [code for code in sorted(codes) if f"`{code}`" not in listed] == []


def test_every_status_and_kind_has_labels_in_both_languages():
    from django.utils.translation import override

    unlabelled = []
    for model in apps.get_models():
        if model._meta.app_label not in APPS:
            continue
        for field in model._meta.get_fields():
            for value, label in getattr(field, "choices", None) or ():
                with override("zh-hans"):
                    chinese = str(label)
                with override("en"):
                    english = str(label)
                if not re.search(r"[一-鿿]", chinese) or re.search(r"[一-鿿]", english):
                    unlabelled.append(f"{model.__name__}.{field.name}={value}")
    assert unlabelled == []


def test_no_float_or_decimal_holds_money_points_or_carbon():
    wrong = [
        f"{model.__name__}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in APPS
        for field in model._meta.get_fields()
        if isinstance(field, models.DecimalField)
        or (isinstance(field, models.FloatField) and re.search(r"(_fen|_mg|coins?|balance|_kg|points)$", field.name))
    ]
    assert wrong == []


@pytest.mark.django_db
def test_no_migration_is_pending():
    call_command("makemigrations", "--check", "--dry-run", verbosity=0)


def test_the_contracts_hold():
    script = "from importlinter.cli import lint_imports_command as run; run()"
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout[-2000:]


def test_the_contracts_know_every_package():
    import tomllib

    linter = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    sites = {path.parent.name for path in ROOT.glob("*/apps.py")}
    assert set(linter["root_packages"]) == sites | {"config"}
    inside = {name for contract in linter["contracts"] for name in contract.get("containers", [])}
    assert sites - {"web"} <= inside, "an app without a contract for its inside"
    for contract in linter["contracts"]:
        if contract.get("containers"):
            assert contract.get("exhaustive"), contract["name"]


def test_every_indicator_and_act_has_a_methods_page():
    pages = {path.stem for path in (ROOT / "docs" / "methods").glob("*.md")}
    indicators = {path.stem for path in (ROOT / "gep" / "indicators").rglob("*.py") if path.stem != "__init__"}
    assert len(indicators) > 20
    assert indicators - pages == set()
    texts = {path.stem: path.read_text() for path in (ROOT / "docs" / "methods").glob("*.md")}
    assert [name for name, text in texts.items() if "Worked example" not in text] == []


def test_every_act_has_a_methods_page():
    from greenpoints.quantification import acts

    pages = "\n".join(path.read_text() for path in (ROOT / "docs" / "methods").glob("*.md"))
    assert [act for act in sorted(acts.ACTS) if act not in pages] == []


def test_readme_map_equals_the_tree():
    readme = (ROOT / "README.md").read_text()
    told = re.search(r"<!-- map -->\n```\n(.*?)```", readme, re.S)
    assert told, "README.md has no map between <!-- map --> and its code block"
    named = {line.split()[0].rstrip("/") for line in told[1].splitlines() if line and not line.startswith(" ")}
    top = {name.split("/")[0] for name in tracked_files()}
    assert named == {name for name in top if not name.startswith(".")}


def documented_commands() -> list[str]:
    found = set()
    for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        found |= set(re.findall(r"manage\.py ([a-z_]+)", page.read_text()))
    return sorted(found)


@pytest.mark.parametrize("command", documented_commands())
def test_documented_commands_run(command, capsys):
    with pytest.raises(SystemExit) as ended:
        call_command(command, "--help")
    assert ended.value.code in (0, None)
    assert "usage" in capsys.readouterr().out


def test_documented_make_targets_exist():
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.M))
    pages = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))
    told = {name for page in pages for name in re.findall(r"`make ([a-z-]+)`", page.read_text())}
    assert told - targets == set()


def test_nothing_names_a_registry_or_this_machine():
    forbidden = re.compile(r"(?:pypi|pythonhosted|npmjs|registry\.)[a-z.]*\.(?:org|com)|/(?:root|home/\w+|work)/")
    found = [
        f"{name}: {match[0]}"
        for name in tracked_files()
        if name.endswith((".py", ".md", ".txt", ".lock", ".toml", ".json", ".html", ".yaml", ".ipynb", ".csv", ".js"))
        and name != "tests/test_repository.py"
        for match in [forbidden.search((ROOT / name).read_text(errors="replace"))]
        if match
    ]
    assert found == []


def test_no_third_party_file_is_committed():
    assert [name for name in tracked_files() if "vendor/" in name or "node_modules/" in name] == []


def test_every_trap_that_was_measured_is_met_by_a_test_of_its_name():
    """T1 to T16: what Django, SQLite, brokers, parsers and readers of files did to naive code."""
    text = "\n".join(path.read_text() for path in sources("tests"))
    told = re.findall(r"(?i)\btraps? (T\d+.*)|def test_(t\d+)_", text)
    named = {int(number) for line in told for number in re.findall(r"(?i)\bT(\d+)\b", " ".join(line))}
    spans = re.findall(r"\bTraps T(\d+) to T(\d+)", text)
    named = named.union(*(range(int(first), int(last)) for first, last in spans))
    assert named >= set(range(1, 17))


def test_no_two_schemas_share_a_name():
    """The OpenAPI document names a shape by its class alone: of two of one name, one is described as the other."""
    places: dict[str, set[str]] = {}
    for path in [*ROOT.glob("*/schemas.py"), *ROOT.glob("*/schemas/*.py"), *ROOT.glob("*/api/*.py")]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                places.setdefault(node.name, set()).add(str(path.relative_to(ROOT)))
    assert {name: found for name, found in places.items() if len(found) > 1} == {}
