"""The part of tools/report about ECAM reads that do not leave the guest: buses and functions as a picture."""

import html
import re

e = html.escape

REGIONS = ("header", "low", "extended")
BDF = re.compile(r"([0-9a-f]{2}):([01][0-9a-f])\.([0-7])")


def place(bdf):
    """(bus, devfn) of "00:1f.2"."""
    bus, device, function = BDF.fullmatch(bdf).groups()
    return int(bus, 16), int(device, 16) << 3 | int(function)


def is_sound(o):
    """A log is somebody's file: a range that makes no sense is left out of the picture."""
    return all(BDF.fullmatch(o[key]) for key in ("first", "last")) and place(o["first"]) <= place(o["last"])


def pieces(o):
    """(bus, first devfn, last devfn) of each bus that a range goes over."""
    (bus, devfn), (last_bus, last_devfn) = place(o["first"]), place(o["last"])
    while bus <= last_bus:
        yield bus, devfn, last_devfn if bus == last_bus else 255
        bus, devfn = bus + 1, 0


def strips(o, x, width):
    """Three strips, one a region, of a row that is 30 high."""
    faint = "" if o["present"] else " d-absent"
    return "".join(f'<rect class="d-{e(o[region])}{faint}" x="{x}" y="{10 * n}" width="{width}" height="10"/>' for n, region in enumerate(REGIONS))


def row(shapes, label, scale):
    svg = f'<svg viewBox="0 0 {scale} 30" preserveAspectRatio="none" role="img" aria-label="{e(label)}"><title>{e(label)}</title>{"".join(shapes)}</svg>'
    return f'<tr><th class="name" scope="row">{e(label)}</th><td>{svg}</td></tr>'


def picture(objects):
    """A row a bus that is there, by device and function, and one for the others, by bus."""
    rows, absent, buses = {}, [], set()
    for _, o in objects:
        for bus, first, last in pieces(o):
            if o["bus"]:
                rows.setdefault((o["segment"], bus), []).append(strips(o, first, last - first + 1))
            else:
                absent.append(strips(o, bus, 1))
                buses.add((o["segment"], bus))
    text = "".join(row(shapes, f"{segment:04x}:{bus:02x}" if segment else f"bus {bus:02x}", 256) for (segment, bus), shapes in rows.items())
    if absent:
        text += row(absent, f"{len(buses)} buses that are not there", 256)
    return f'<table class="plots direct" aria-label="Which ECAM reads exit, by bus and function"><tbody>{text}</tbody></table>'


def sentence(page, i, objects):
    """How many functions that are there are read directly, and what an exit takes against a mapped page."""
    there = [(line, o) for line, o in objects if o["present"]]
    total = sum(o["functions"] for _, o in there)
    whole = sum(o["functions"] for _, o in there if all(o[region] == "direct" for region in REGIONS))
    some = sum(o["functions"] for _, o in there if any(o[region] == "direct" for region in REGIONS))
    if whole:
        text = f"{whole} of {total} functions are read without an exit, in all of their space" + (f"; {some - whole} more in part of it" if some != whole else "")
    elif some:
        text = f"Of {total} functions {some} are read without an exit, none of them in all of its space"
    else:
        text = f"Of {total} functions none is read without an exit"
    first = next(((line, o) for line, o in there if o["read"]), None)
    if first:
        line, o = first
        text += f". The first read of {e(o['first'])} took {page.link(i, line, page.cycles_text(i, o['first_read']))}, later ones {page.cycles_text(i, o['later_read'])}"
    return f"<p>{page.chip_if_several(i)}{text}.</p>"


def direct(page):
    text = ""
    for i, log in enumerate(page.logs):
        objects = [(line, o) for line, o in log.all("direct") if is_sound(o)]
        if objects:
            text += sentence(page, i, objects) + picture(objects)
    if not text:
        return ""
    keys = "".join(f'<li><span class="key d-{name}"></span>{what}</li>' for name, what in (("direct", "does not exit"), ("exit", "exits"), ("unknown", "cannot be told")))
    intro = ("<p>Told by time. A row is a bus, from device 0 to 31; its three strips are the header, what is left of the first 256 bytes, and the "
             "extended space. Pale: no function is there.</p>")
    return f'<h3 id="cost-direct">Which ECAM reads exit</h3>{intro}<ul class="legend">{keys}</ul>{text}'
