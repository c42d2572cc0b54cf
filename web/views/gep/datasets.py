"""The catalogue of datasets: what there is, uploading, what a check found, withdrawing."""

import hashlib
from collections.abc import Iterator
from typing import Any

from django import forms
from django.core.exceptions import ObjectDoesNotExist
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from core import regions
from core.errors import RuleViolation
from gep import dataset_queries, datasets, readers, storage
from gep.dataset_queries import LAYER_UNITS, DatasetView
from gep.datasets import LARGEST_PART, Description
from identity import roles
from identity.role_codes import Role
from web import explanations, regions_shown
from web.views.gep.desk import analysts_only, readers_only

PAGE_ROWS = 50
KINDS = {
    "parcels": _("图斑"), "layer": _("栅格图层"), "statistics": _("统计表"), "coefficients": _("系数表"),
}  # fmt: skip
STATUSES = {
    "uploading": (_("上传中"), "mind"), "checking": (_("检查中"), "mind"), "ready": (_("可用"), "yes"),
    "refused": (_("未通过检查"), "no"), "withdrawn": (_("已撤回"), ""),
}  # fmt: skip
SCHEMES = {
    "": "—", "clcd": "CLCD", "worldcover": "ESA WorldCover", "globeland30": "GlobeLand30", "hj1166": "HJ 1166-2021",
}  # fmt: skip
UNFINISHED = ("uploading", "checking")


class UploadForm(forms.Form):
    """What an analyst says of a file; the same fields as the API's."""

    file = forms.FileField(
        label=_("文件"),
        help_text=_(
            "图斑：GeoPackage、GeoParquet、Shapefile 压缩包或 GeoJSON；图层：GeoTIFF；统计表和系数表：CSV 或 XLSX。"
        ),
    )
    kind = forms.ChoiceField(label=_("内容"), choices=list(KINDS.items()))
    layer = forms.ChoiceField(
        label=_("图层"), required=False, help_text=_("只在内容是栅格图层时选择；单位随图层而定。")
    )
    scheme = forms.ChoiceField(
        label=_("土地覆被分类"),
        required=False,
        choices=list(SCHEMES.items()),
        help_text=_("只在图层是土地覆被时选择。"),
    )
    region = forms.ChoiceField(label=_("区域"))
    year = forms.IntegerField(label=_("年份"), min_value=1900, max_value=2199)
    source = forms.CharField(label=_("来源"), max_length=200, help_text=_("谁做的、哪一年、从哪里得到。"))
    licence = forms.CharField(label=_("许可"), max_length=120, help_text=_("例如：市内部使用，或 CC BY 4.0。"))
    id_column = forms.CharField(
        label=_("编号列"), max_length=60, required=False, help_text=_("只在内容是图斑时填写；空着即 code。")
    )
    synthetic = forms.BooleanField(label=_("这是模拟数据"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        layer, region = self.fields["layer"], self.fields["region"]
        layer.choices = [("", "—"), *((name, explanations.layer_label(name)) for name in LAYER_UNITS)]  # type: ignore[attr-defined]
        codes = [regions.FUZHOU, *(county.code for county in regions.counties())]
        region.choices = [(code, regions_shown.name(code)) for code in codes]  # type: ignore[attr-defined]
        for name, field in self.fields.items():
            field.widget.attrs["autocomplete"] = "off"
            if field.help_text:
                field.widget.attrs["aria-describedby"] = f"id_{name}_hint"


@readers_only
def catalogue(request: HttpRequest) -> HttpResponse:
    """List the datasets, the newest first, by kind and status where asked."""
    kind, status = (request.GET.get(name, "") for name in ("kind", "status"))
    before = request.GET.get("before", "")
    try:
        found = dataset_queries.datasets(
            kind=kind if kind in KINDS else "", status=status if status in STATUSES else "", before=before,
            limit=PAGE_ROWS + 1, reader=readers.of(request.user),
        )  # fmt: skip
    except ObjectDoesNotExist:
        raise Http404 from None
    context = {
        "rows": [told(row) for row in found[:PAGE_ROWS]],
        "after": found[PAGE_ROWS - 1].code if len(found) > PAGE_ROWS else "",
        "kinds": KINDS.items(), "statuses": [(code, label) for code, (label, _tone) in STATUSES.items()],
        "kind": kind, "status": status, "may_upload": Role.ANALYST.value in roles.held(request.user),
    }  # fmt: skip
    return render(request, "gep/datasets.html", context)


def told(row: DatasetView) -> dict[str, Any]:
    """Return a dataset as pages show it."""
    label, tone = STATUSES[row.status]
    return {
        "dataset": row, "kind": KINDS[row.kind], "status": label, "tone": tone,
        "layer": explanations.layer_label(row.layer) if row.layer else "", "region": regions_shown.name(row.region),
        "mb": row.size / 1_000_000, "received": row.received_parts / row.parts if row.parts else 0.0,
        "waits": row.status in UNFINISHED,
    }  # fmt: skip


@analysts_only
def upload(request: HttpRequest) -> HttpResponse:
    """Take a file with what is said of it. With scripts the browser sends it in pieces by itself."""
    form = UploadForm(request.POST or None, request.FILES or None, initial={"year": timezone.localdate().year - 1})
    context: dict[str, Any] = {"form": form, "upload": settings_of_upload()}
    if request.method != "POST" or not form.is_valid():
        return render(request, "gep/dataset_new.html", context, status=422 if request.method == "POST" else 200)
    try:
        code = receive(request, form.cleaned_data)
    except RuleViolation as refusal:
        return render(request, "gep/dataset_new.html", context | {"refusal": refusal}, status=refusal.status)
    return redirect("dataset", code)


def receive(request: HttpRequest, said: dict[str, Any]) -> str:
    """Announce the file, keep its pieces, have it checked; return its code. Raises what the catalogue does."""
    file: UploadedFile = said["file"]
    now, user = timezone.now(), request.user
    options = {"id_column": said["id_column"]} if said["id_column"] else {}
    whole = hashlib.sha256()
    for chunk in file.chunks():
        whole.update(chunk)
    view = datasets.announce(
        Description(
            kind=said["kind"], region=said["region"], year=said["year"], filename=file.name or "", layer=said["layer"],
            licence=said["licence"], source=said["source"], scheme=said["scheme"], synthetic=said["synthetic"],
            unit=LAYER_UNITS.get(said["layer"], ""), options=options,
        ),
        sha256=whole.hexdigest(), size=file.size or 0, by=user, at=now,  # type: ignore[arg-type]
    )  # fmt: skip
    if view.status != "uploading":
        return view.code
    for number, raw in enumerate(pieces(file, size=view.part_size), start=1):
        datasets.receive_part(
            view.code, number=number, raw=raw, sha256=hashlib.sha256(raw).hexdigest(), by=user  # type: ignore[arg-type]
        )  # fmt: skip
    return datasets.complete(view.code, by=user, at=now).code  # type: ignore[arg-type]


def pieces(file: UploadedFile, *, size: int) -> Iterator[bytes]:
    """Yield a file's content in pieces of ``size`` bytes; the last may be shorter."""
    file.seek(0)
    while raw := file.read(size):
        yield raw


def settings_of_upload() -> dict[str, Any]:
    """Return what the upload script needs, texts included."""
    return {
        "announce": "/api/v1/gep/datasets",
        "page": reverse("dataset", args=["CODE"]),
        "partSize": LARGEST_PART,
        "units": LAYER_UNITS,
        "text": {
            "hashing": str(_("正在计算校验和")), "sending": str(_("正在上传")),
            "checking": str(_("上传完成，正在检查")),
            "failed": str(_("上传中断；已传的部分会保留，可以再点一次继续。")),
        },
    }  # fmt: skip


@readers_only
def page(request: HttpRequest, code: str) -> HttpResponse:
    """Show one dataset with its facts and what its check found; an htmx request gets the state alone."""
    row = named(request, code)
    if request.headers.get("HX-Request") == "true":
        context = told(row)
        answer = render(request, "gep/dataset_state.html", context)
        if not context["waits"]:
            answer.headers["HX-Refresh"] = "true"
        return answer
    return shown(request, row)


def shown(request: HttpRequest, row: DatasetView, *, refusal: RuleViolation | None = None) -> HttpResponse:
    """Return the page of a dataset, with the refusal of a step where there was one."""
    from web.views.gep import parcel_loading

    context = told(row) | {"may_change": Role.ANALYST.value in roles.held(request.user), "refusal": refusal}
    context |= parcel_loading.told(request, row)
    return render(request, "gep/dataset.html", context, status=refusal.status if refusal else 200)


@analysts_only
@require_POST
def withdraw(request: HttpRequest, code: str) -> HttpResponse:
    """Let no new run use a dataset, for the reason given."""
    revision = request.POST.get("revision", "")
    datasets.withdraw(
        named(request, code).code, reason=request.POST.get("reason", ""),
        revision=int(revision) if revision.isdigit() else 0, by=request.user, at=timezone.now(),  # type: ignore[arg-type]
    )  # fmt: skip
    return redirect("dataset", code)


@readers_only
def rejections(request: HttpRequest, code: str) -> HttpResponse:
    """Send every row that the check found fault with as CSV."""
    digest = named(request, code).rejections
    if not digest:
        raise Http404
    headers = {"Content-Disposition": f'attachment; filename="rejections-{code}.csv"'}
    return HttpResponse(storage.get_bytes(digest), content_type="text/csv; charset=utf-8", headers=headers)


def named(request: HttpRequest, code: str) -> DatasetView:
    """Return the dataset with that code; 404 where there is none that this reader may see."""
    try:
        return dataset_queries.dataset(code, reader=readers.of(request.user))
    except ObjectDoesNotExist:
        raise Http404 from None
