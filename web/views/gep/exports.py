"""The table beside the map, to take away."""

import tempfile
from collections.abc import Callable
from pathlib import Path

from django.http import FileResponse, Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render

from gep import map_queries
from web import exports
from web.accounts_shown import Shown

FILES: dict[str, tuple[Callable[[Shown, Path], None], str]] = {
    "xlsx": (exports.write_workbook, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "gpkg": (exports.write_geopackage, "application/geopackage+sqlite3"),
}


def table(request: HttpRequest, kind: str) -> HttpResponseBase:
    """Send the table of the area shown as CSV, workbook or GeoPackage; millions of parcels are asked for by parts."""
    shown = Shown.asked(request)
    if shown is None or kind not in {"csv", *FILES}:
        raise Http404
    name = "-".join(filter(None, ("gep", shown.account.code, shown.indicator, shown.area)))
    attached = {"Content-Disposition": f'attachment; filename="{name}.{kind}"'}
    if kind == "csv":
        return StreamingHttpResponse(exports.csv_lines(shown), content_type="text/csv; charset=utf-8", headers=attached)
    if map_queries.parcel_count(shown.account.code, area=shown.area) > exports.MOST_PARCELS:
        return too_large(request, shown)
    write, media_type = FILES[kind]
    with tempfile.TemporaryDirectory(prefix="fuzhou-export-") as folder:
        path = Path(folder) / f"export.{kind}"
        write(shown, path)
        return FileResponse(path.open("rb"), content_type=media_type, headers=attached)


def too_large(request: HttpRequest, shown: Shown) -> HttpResponse:
    """Say that so many parcels are not written while somebody waits, and where to find them."""
    return render(request, "gep/too_large.html", {"shown": shown, "most": exports.MOST_PARCELS}, status=413)
