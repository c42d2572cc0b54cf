"""Run by ``marketplace.overlay`` as a process of its own: one shape overlaid with others, all as hex WKB.

Reads ``{"mine": ..., "theirs": [...]}`` from stdin, writes the list of shared shapes to stdout. Knows nothing of the
site. Argument: the limits as JSON. Ends with 1 and one line where it refuses.
"""

import json
import resource
import sys


def main(limits: dict[str, int]) -> None:
    """Set the limits, overlay, count, answer."""
    for what, most in ((resource.RLIMIT_AS, "memory_bytes"), (resource.RLIMIT_CPU, "cpu_seconds")):
        # Some systems refuse to limit memory; the other limits stand there.
        try:
            resource.setrlimit(what, (limits[most], limits[most]))
        except (ValueError, OSError):
            continue
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import shapely

    asked = json.load(sys.stdin)
    mine = shapely.from_wkb(asked["mine"])
    shared, vertices = [], 0
    for theirs in asked["theirs"]:
        try:
            found = shapely.intersection(mine, shapely.from_wkb(theirs))
        except (shapely.errors.GEOSException, MemoryError):
            sys.exit("the overlay failed")
        vertices += int(shapely.get_num_coordinates(found))
        if vertices > limits["most_vertices"]:
            sys.exit("too many vertices in the shared land")
        shared.append(shapely.to_wkb(found, hex=True))
    json.dump(shared, sys.stdout)


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
