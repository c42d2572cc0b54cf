"""Run by ``core.geometry_gate`` as a process of its own: reads one geometry from stdin, writes its WKB to stdout.

Knows nothing of the site. Arguments: the form, and the limits as JSON. Ends with 1 and one line where it refuses.
"""

import json
import resource
import sys


def main(form: str, limits: dict[str, int]) -> None:
    """Set the limits, parse, count, answer."""
    for what, most in ((resource.RLIMIT_AS, "memory_bytes"), (resource.RLIMIT_CPU, "cpu_seconds")):
        # Some systems refuse to limit memory; the other limits stand there.
        try:
            resource.setrlimit(what, (limits[most], limits[most]))
        except (ValueError, OSError):
            continue
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import shapely

    raw = sys.stdin.buffer.read()
    read = {"wkt": shapely.from_wkt, "wkb": shapely.from_wkb, "geojson": shapely.from_geojson}[form]
    try:
        shape = read(raw if form == "wkb" else raw.decode("utf-8"))
    except (shapely.errors.GEOSException, UnicodeDecodeError, MemoryError) as error:
        sys.exit(f"{type(error).__name__}: not {form}")
    if shape is None:
        sys.exit("no geometry")
    if shapely.get_num_coordinates(shape) > limits["most_vertices"]:
        sys.exit("too many vertices")
    sys.stdout.buffer.write(shapely.to_wkb(shape, output_dimension=2))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
