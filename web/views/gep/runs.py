"""Runs: asked for, followed, stopped, taken up again, approved by a second person, published, withdrawn."""

from collections.abc import Callable
from typing import Any

from django.core.exceptions import ObjectDoesNotExist
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from core.errors import RuleViolation
from gep import publication, queries, readers, run_queries, runs, storage
from gep.dataset_queries import LAYER_UNITS
from gep.method_profiles import profile_names
from gep.run_queries import RunView
from identity import roles
from identity.role_codes import Role
from web import accounts_shown, charts, comparisons, explanations, figures, regions_shown, run_forms
from web.run_forms import RunForm
from web.views.gep.desk import analysts_only, readers_only

PAGE_ROWS = 50
USUAL_PROFILE = "GBT46869_2025"
UNFINISHED = ("requested", "running")
POLL = "every 2s"
SEVERITIES = {
    "stop": (_("必须处理"), "no"), "choose": (_("请选择"), "mind"), "know": (_("请知悉"), ""),
}  # fmt: skip
# What can be done with a run from where it stands.
STEPS = {
    "checked": ("start", "cancel"), "requested": ("cancel",), "running": ("cancel",), "refused": ("resume",),
    "cancelled": ("resume",), "compiled": ("approve",), "approved": ("publish",), "published": ("withdraw",),
}  # fmt: skip


@readers_only
def listing(request: HttpRequest) -> HttpResponse:
    """List the runs, the last requested first."""
    kind, before = request.GET.get("kind", ""), request.GET.get("before", "")
    try:
        found = run_queries.runs(
            reader=readers.of(request.user), kind=kind if kind in accounts_shown.KINDS else "", before=before,
            limit=PAGE_ROWS + 1,
        )  # fmt: skip
    except ObjectDoesNotExist:
        raise Http404 from None
    context = {
        "rows": [told(row) for row in found[:PAGE_ROWS]],
        "after": found[PAGE_ROWS - 1].code if len(found) > PAGE_ROWS else "",
        "kinds": accounts_shown.KINDS.items(),
        "kind": kind,
        "may_ask": is_analyst(request),
    }
    return render(request, "gep/runs.html", context)


def told(run: RunView) -> dict[str, Any]:
    """Return a run as pages show it."""
    label, tone = accounts_shown.STATUSES[run.status]
    return {
        "run": run, "status": label, "tone": tone, "kind": accounts_shown.KINDS[run.kind],
        "region": regions_shown.name(run.region), "profile": accounts_shown.profile_label(run.profile),
        "waits": run.status in UNFINISHED,
    }  # fmt: skip


def is_analyst(request: HttpRequest) -> bool:
    """Return whether this reader may change runs; in which region is asked when one does."""
    return Role.ANALYST.value in roles.held(request.user)


@analysts_only
def new(request: HttpRequest) -> HttpResponse:
    """Ask for a run: choose the profile first, then everything else in its words."""
    asked = (request.POST if request.method == "POST" else request.GET).get("profile", USUAL_PROFILE)
    name = asked if asked in profile_names() else USUAL_PROFILE
    year = timezone.localdate().year - 1
    form = RunForm(
        request.POST or None, profile_name=name, reader=readers.of(request.user),
        initial={"year": year, "price_year": year},
    )  # fmt: skip
    context: dict[str, Any] = {"form": form, "profiles": run_forms.profiles(), "profile": name}
    if request.method != "POST" or not form.is_valid():
        return render(request, "gep/run_new.html", context, status=422 if request.method == "POST" else 200)
    try:
        run = runs.request(form.wanted(), at=timezone.now(), by=request.user)  # type: ignore[arg-type]
    except RuleViolation as refusal:
        return render(request, "gep/run_new.html", context | {"refusal": refusal}, status=refusal.status)
    return redirect("run", run.code)


@readers_only
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show a run: how far it is, what its check found, what it came to, its files, and what can be done with it."""
    return shown(request, named(request, code))


def shown(request: HttpRequest, run: RunView, *, refusal: RuleViolation | None = None) -> HttpResponse:
    """Return the page of a run, with the refusal of a step where there was one."""
    context = told(run) | {
        "progress": run_queries.progress(run.code, at=timezone.now()),
        "poll": POLL,
        "steps": STEPS.get(run.status, ()) if is_analyst(request) and steps_exist(run) else (),
        "own": run.requested_by == request.user.get_username(),
        "refusal": refusal,
        "notes": notes_of(run),
        "files": files_of(run),
        "switches": settings_of(run),
    }
    if run.status in accounts_shown.WITH_FIGURES:
        context |= results_of(run)
    return render(request, "gep/run.html", context, status=refusal.status if refusal else 200)


def steps_exist(run: RunView) -> bool:
    """Return whether a run of this kind goes on from here: only accounts of regions are approved and published."""
    return run.kind == "account" or run.status not in ("compiled", "approved")


def notes_of(run: RunView) -> list[dict[str, Any]]:
    """Return what the check of a run found, in the page's language, the gravest first."""
    language = "zh" if figures.reads_chinese() else "en"
    return [
        {
            "severity": SEVERITIES[note["severity"]][0], "tone": SEVERITIES[note["severity"]][1],
            "told": note[language], "count": note["count"], "more": note["told"], "examples": note["examples"],
            "subject": explanations.layer_label(note["subject"]) if note["subject"] in LAYER_UNITS else note["subject"],
            "choices": offered([choice[language] for choice in note["choices"]]),
        }
        for note in run.findings
    ]  # fmt: skip


def offered(choices: list[str]) -> str:
    """Return what may be chosen as one sentence; empty where there is nothing to choose."""
    joined = ("；" if figures.reads_chinese() else "; ").join(choices)
    return str(_("可以：{choices}")).format(choices=joined) if choices else ""


def settings_of(run: RunView) -> list[tuple[str, str]]:
    """Return the switches in force with their values in words."""
    said = run.provenance.get("switches") or run.switches
    return [(run_forms.switch_label(name), run_forms.value_label(name, value)) for name, value in said.items()]


def results_of(run: RunView) -> dict[str, Any]:
    """Return what a run came to, and for a scenario how it differs from its base."""
    indicators = charts.indicator_rows(queries.indicator_totals(run.code))
    account = queries.account(run.code)
    found: dict[str, Any] = {
        "account": account,
        "indicators": indicators,
        "groups": charts.group_rows(indicators),
        "has_intervals": any(row["low95_fen"] is not None for row in indicators),
        "has_grades": any(row["grade"] for row in indicators),
        "pending": accounts_shown.pending(account),
        "unconfirmed": accounts_shown.unconfirmed_count(account),
    }
    if run.kind == "scenario" and run.base:
        base = queries.account(run.base)
        found |= {"base": base, "difference": comparisons.compare(base, account)}
        found["change_fen"] = account.total_fen - base.total_fen
        found["older_base"] = base_figures(run) != run.inputs.get("figures_sha256")
    return found


def base_figures(run: RunView) -> str:
    """Return the digest of the coefficient tables that a scenario's base was calculated with."""
    return run_queries.run(run.base).inputs.get("figures_sha256", "")


def files_of(run: RunView) -> list[Any]:
    """Return the files made of a run's figures; none where none is made yet."""
    return run_queries.files(run.code)


@readers_only
def progress(request: HttpRequest, code: str) -> HttpResponse:
    """Send the state of a run alone; once it has ended, the page is asked to load again."""
    run = named(request, code)
    context = told(run) | {"progress": run_queries.progress(code, at=timezone.now()), "poll": POLL}
    answer = render(request, "gep/run_progress.html", context)
    if run.status not in UNFINISHED:
        answer.headers["HX-Refresh"] = "true"
    return answer


@readers_only
def file(request: HttpRequest, code: str, name: str) -> HttpResponse:
    """Send a file made of a run's figures."""
    found = next((row for row in files_of(named(request, code)) if row.name == name), None)
    if found is None:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="{code}-{name}"'}
    return HttpResponse(storage.get_bytes(found.digest), content_type=found.media_type, headers=headers)


@analysts_only
@require_POST
def take_step(request: HttpRequest, code: str, step: str) -> HttpResponse:
    """Take one step with a run; a refusal is told on its page."""
    act = ACTS.get(step)
    if act is None:
        raise Http404
    run = named(request, code)
    try:
        act(request, run)
    except RuleViolation as refusal:
        return shown(request, named(request, code), refusal=refusal)
    return redirect("run", code)


def revision_of(request: HttpRequest) -> int:
    """Return the revision that the page showed; 0 where the form says none, which is always stale."""
    said = request.POST.get("revision", "")
    return int(said) if said.isascii() and said.isdigit() else 0


def start(request: HttpRequest, run: RunView) -> None:
    """Go on with the findings of the check as they are."""
    runs.start(run.code, by=request.user, at=timezone.now(), accept_findings=True)  # type: ignore[arg-type]


def cancel(request: HttpRequest, run: RunView) -> None:
    """Stop the run; what is done is kept."""
    runs.cancel(run.code, by=request.user, at=timezone.now())  # type: ignore[arg-type]


def resume(request: HttpRequest, run: RunView) -> None:
    """Take the run up again."""
    runs.resume(run.code, by=request.user, at=timezone.now())  # type: ignore[arg-type]


def approve(request: HttpRequest, run: RunView) -> None:
    """Vouch for an account that somebody else asked for."""
    publication.approve(run.code, by=request.user, at=timezone.now(), revision=revision_of(request))  # type: ignore[arg-type]


def publish(request: HttpRequest, run: RunView) -> None:
    """Make an approved account the official one."""
    publication.publish(run.code, by=request.user, at=timezone.now(), revision=revision_of(request))  # type: ignore[arg-type]


def withdraw(request: HttpRequest, run: RunView) -> None:
    """Take an official account back, with its reason."""
    publication.withdraw(
        run.code, reason=request.POST.get("reason", ""), by=request.user, at=timezone.now(),  # type: ignore[arg-type]
        revision=revision_of(request),
    )  # fmt: skip


ACTS: dict[str, Callable[[HttpRequest, RunView], None]] = {
    "start": start, "cancel": cancel, "resume": resume, "approve": approve, "publish": publish, "withdraw": withdraw,
}  # fmt: skip


def named(request: HttpRequest, code: str) -> RunView:
    """Return the run with that code; 404 where there is none that this reader may see."""
    try:
        return run_queries.run(code, reader=readers.of(request.user))
    except ObjectDoesNotExist:
        raise Http404 from None
