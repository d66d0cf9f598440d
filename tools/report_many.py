"""The part of tools/report about many vCPUs at once: throughput against their number, one line a mechanism."""

import html
import math

e = html.escape

# Name in the log, what it is, and the class of its line.
MECHANISMS = (
    ("pio-locked", "ports, each access under a lock", "m-ports"),
    ("ecam-same", "ECAM, all the same function", "m-same"),
    ("ecam-own", "ECAM, a function each", "m-own"),
    ("ram", "RAM, what the host itself scales to", "m-ram"),
)


def rate_of(page, i, o):
    """Accesses a second, or in 10^9 cycles where a clock is not known."""
    return o["per_gcycle"] * page.khz[i] / 1e6 if page.khz[i] else o["per_gcycle"]


def rate_text(value):
    for unit, factor in ((" M", 1e6), (" k", 1e3)):
        if value >= factor:
            return f"{value / factor:.3g}{unit}".replace(" ", "\u202f")
    return f"{value:.3g}"


def chart(page, i, lines):
    """A logarithmic picture of both: what scales with the vCPUs is a straight line upwards."""
    most = max(o["vcpus"] for points in lines.values() for _, o in points)
    rates = [max(rate_of(page, i, o), 1) for points in lines.values() for _, o in points]
    low, high = math.floor(math.log10(min(rates))), math.ceil(math.log10(max(rates)))
    high = max(high, low + 1)

    def x(vcpus):
        return round(1000 * math.log2(vcpus) / math.log2(most), 1)

    def y(rate):
        return round(300 * (high - math.log10(max(rate, 1))) / (high - low), 1)

    steps = sorted({o["vcpus"] for points in lines.values() for _, o in points})
    grid = "".join(f"M{x(n)} 0V300" for n in steps) + "".join(f"M0 {y(10**n)}H1000" for n in range(low, high + 1))
    shapes = f'<path class="grid" d="{grid}"/>'
    for name, what, style in MECHANISMS:
        if name in lines:
            points = " ".join(f"{x(o['vcpus'])},{y(rate_of(page, i, o))}" for _, o in lines[name])
            shapes += f'<polyline class="{style}" points="{points}"><title>{e(what)}</title></polyline>'
    unit = "accesses a second" if page.khz[i] else "accesses in 10^9 cycles"
    label = f"{page.title(i)}: {unit} against vCPUs; the table below has the figures"
    rows = "".join(f'<span style="top:{100 * (high - n) / (high - low):.1f}%">{rate_text(10**n)}</span>' for n in range(low, high + 1))
    feet = "".join(f'<span style="left:{x(n) / 10:.1f}%">{n}</span>' for n in steps)
    svg = f'<svg viewBox="0 0 1000 300" preserveAspectRatio="none" role="img" aria-label="{e(label)}">{shapes}</svg>'
    return f'<div class="curves"><div class="rows" aria-hidden="true">{rows}</div>{svg}<div class="axis" aria-hidden="true">{feet}</div></div>'


def table(page, i, lines):
    steps = sorted({o["vcpus"] for points in lines.values() for _, o in points})
    head = "".join(f'<th scope="col">{n}</th>' for n in steps)
    body = ""
    for name, what, style in MECHANISMS:
        if name not in lines:
            continue
        cells = ""
        at = {o["vcpus"]: (line, o) for line, o in lines[name]}
        for n in steps:
            line, o = at.get(n, (None, None))
            if o is None:
                cells += "<td></td>"
                continue
            more = f": {o['accesses']} accesses in {o['cycles']} cycles, p50 {o['p50']}, p99 {o['p99']}, fewest by one vCPU {o['least']}, most {o['most']}"
            cells += f'<td class="nowrap">{page.link(i, line, rate_text(rate_of(page, i, o)), more)} <span class="soft small">\u00d7{o["scaling"] * n / 1000:.2f}</span></td>'
        body += f'<tr><th scope="row"><span class="key {style}"></span>{e(what)}</th>{cells}</tr>'
    return f'<div class="wide"><table aria-label="Throughput by vCPUs"><thead><tr><th scope="col">vCPUs</th>{head}</tr></thead><tbody>{body}</tbody></table></div>'


def doubt(lines):
    some = min((o["vcpus"] for points in lines.values() for _, o in points if o["oversubscribed"]), default=0)
    if not some:
        return ""
    return f'<p class="small odd">From {some} vCPUs on not even RAM scales: the host had fewer processors free, and all figures from there on show that as well.</p>'


def scans(page, i):
    parts = []
    for line, o in page.logs[i].all("parallel_scan"):
        if o["vcpus"] > 1:
            parts.append(f"{o['vcpus']} vCPUs {page.link(i, line, format(o['ratio'] / 1000, '.2f'))}")
    return f"<p>A scan with sizing through ECAM, bus by bus, in the time of one vCPU: {', '.join(parts)}.</p>" if parts else ""


def many(page):
    text = ""
    for i, log in enumerate(page.logs):
        lines = {}
        for line, o in log.all("contention"):
            if o["vcpus"]:
                lines.setdefault(o["mechanism"], []).append((line, o))
        if any(o["vcpus"] > 1 for points in lines.values() for _, o in points):
            text += f"{page.chip_if_several(i)}{chart(page, i, lines)}{table(page, i, lines)}{doubt(lines)}"
        text += scans(page, i)
    if not text:
        return ""
    intro = "<p>Accesses of all vCPUs together, a second, on logarithmic axes; below, the figures and how many times that of one vCPU they are.</p>"
    return f'<h3 id="cost-many">Many vCPUs at once</h3>{intro}{text}'
