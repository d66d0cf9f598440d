"""The top of the page: the sentence, the picture and, of several logs, the table with a column each. The page is tools/report's."""

import collections
import html

from barometer_result import (
    IN_A_SENTENCE,
    NAMES,
    SIZING_WORDS,
    WAYS,
    Figure,
    duration_text,
    env_of,
    gain,
    grouped,
    headline,
    one_host,
    pairs,
    ratio_text,
    scans_of,
    shown,
    sizing_for,
    tally,
    unit_of,
)

e = html.escape

STYLES = {"pass": "good", "fail": "bad", "error": "bad"}


def words_html(page, words):
    return "".join(page.link(w.log, w.line, e(w.text)) if isinstance(w, Figure) else e(w) for w in words)


def count_words(done):
    styles = {"failed": "bad", "errors": "bad", "xfailed": "odd"}
    return ", ".join(f'<span class="{styles[key]}">{text}</span>' if key in styles else text for key, text in tally(done))


def noise_html(page, i):
    if not page.logs[i].noise:
        return ""
    line, text = page.logs[i].noise[0]
    return f"{page.link(i, line, f'{len(page.logs[i].noise)} lines')} in the log are not barometer\u2019s: {e(text[:80])}"


# ---- the picture --------------------------------------------------------------------------------------------------


def bars_svg(bars, most, label):
    """Bars one above the other, each (way, value), as wide as they are of the greatest; a title for whoever cannot see them. A value
    of None leaves its place empty."""
    height = 20 // len(bars)
    shapes = "".join(
        f'<rect class="w-{way}" x="0" y="{n * height + 1}" width="{max(1000 * value / most, 4) if value else 0:.1f}" height="{height - 2}"/>' for n, (way, value) in enumerate(bars)
    )
    return f'<svg viewBox="0 0 1000 20" preserveAspectRatio="none" role="img" aria-label="{e(label)}"><title>{e(label)}</title>{shapes}</svg>'


def time_link(page, scan):
    """How long, with a link; an emulator's cycles are said to be that wherever they are shown."""
    text = grouped(scan.cycles) + " cycles" if scan.emulated else duration_text(scan)
    return f'<a class="figure time" href="#{page.letter(scan.index)}-{scan.line}" title="{e(page.title(scan.index))}, line {scan.line}">{e(text)}</a>'


def meter(name, value, bars, most, label):
    """A cell; its name is that of the column, for where columns do not fit side by side."""
    return f'<td data-name="{e(name)}"><div class="meter"><span class="value">{value}</span>{bars_svg(bars, most, label)}</div></td>'


def picture_of_ways(page, found, sizing):
    """One host: a row for each way of scanning."""
    scans = list(found.values())
    unit = "Exits" if unit_of(page.logs) == "exit" else "Accesses"
    most_exits = max(scan.exits for scan in scans) or 1
    most_time = max(scan.cycles for scan in scans) or 1
    emulated = any(scan.emulated for scan in scans)
    time = "The emulation\u2019s own cycles" if emulated else "Time"
    rows = ""
    for key, name, missing in WAYS:
        scan = found.get(key)
        if scan is None:
            rows += f'<tr class="soft"><th scope="row">{e(name)}</th><td colspan="2">{e(missing)}</td></tr>'
            continue
        # What run.sh gave the hypervisor is not what the hypervisor has.
        given = ' <span class="soft small">captured beforehand</span>' if key == "table" and env_of(scan.log).get("paravirtual") == "opt" else ""
        rows += f'<tr><th scope="row">{page.chip_if_several(scan.index)}{e(name)}{given}</th>'
        rows += meter(unit, page.link(scan.index, scan.line, grouped(scan.exits)), [(key, scan.exits)], most_exits, f"{name}: {grouped(scan.exits)} {unit.lower()}")
        if emulated:
            rows += f'<td class="soft" data-name="{time}">{time_link(page, scan)}</td></tr>'
        else:
            rows += meter(time, time_link(page, scan), [(key, scan.cycles)], most_time, f"{name}: {duration_text(scan)}") + "</tr>"
    o = scans[0].o
    caption = f"A whole scan: {o.get('functions', 0)} functions on {o.get('buses', 0)} buses and {o.get('bars', 0)} BARs, {SIZING_WORDS[sizing]}. "
    caption += "Counts are exact on any host; cycles of an emulated CPU say nothing about hardware." if emulated else "Counts are exact on any host, time is the median of this one\u2019s passes."
    head = f'<tr><th scope="col">Way</th><th scope="col">{unit}</th><th scope="col">{time}</th></tr>'
    return f'<figure class="ways"><table aria-label="A whole scan, by way"><thead>{head}</thead><tbody>{rows}</tbody></table><figcaption class="soft small">{caption}</figcaption></figure>'


def span_text(values, text):
    return text(values[0]) if len(values) == 1 else f"{text(max(values))} \u2192 {text(min(values))}"


def picture_of_logs(page, sizing):
    """Several hosts: a row for each log, in it a bar for each way."""
    found = [scans_of(i, log, sizing) for i, log in enumerate(page.logs)]
    every = [scan for scans in found for scan in scans.values()]
    if not every:
        return ""
    timed = [scan for scan in every if not scan.emulated]
    most_exits = max(scan.exits for scan in every) or 1
    # Where one clock's frequency is not known there is no common scale, and cycles are all that there is.
    length = (lambda scan: scan.cycles / scan.khz) if all(scan.khz for scan in timed) else (lambda scan: scan.cycles)
    most_time = max((length(scan) for scan in timed), default=1) or 1
    unit = "Exits" if unit_of(page.logs) == "exit" else "Accesses"
    used = [key for key, _, _ in WAYS if any(key in scans for scans in found)]
    rows = ""
    for i, scans in enumerate(found):
        rows += f'<tr><th scope="row">{page.chip(i)} {e(page.title(i))}</th>'
        if not scans:
            rows += '<td class="soft" colspan="2">no whole scan in this log</td></tr>'
            continue
        mine = [(key, scans[key]) for key in used if key in scans]
        label = "; ".join(f"{NAMES[key]}: {grouped(scan.exits)}" for key, scan in mine)
        bars = [(key, scans[key].exits if key in scans else None) for key in used]
        rows += meter(unit, span_text([scan.exits for _, scan in mine], grouped), bars, most_exits, label)
        if mine[0][1].emulated:
            rows += '<td class="soft">emulated: cycles decide nothing</td></tr>'
        else:
            label = "; ".join(f"{NAMES[key]}: {duration_text(scan)}" for key, scan in mine)
            ends = sorted((scan for _, scan in mine), key=length)
            value = duration_text(ends[0]) if len(ends) == 1 else f"{duration_text(ends[-1])} \u2192 {duration_text(ends[0])}"
            bars = [(key, length(scans[key]) if key in scans else None) for key in used]
            rows += meter("Time", e(value), bars, most_time, label) + "</tr>"
    legend = "".join(f'<li><svg class="swatch" viewBox="0 0 10 10" aria-hidden="true"><rect class="w-{key}" width="10" height="10"/></svg>{e(NAMES[key])}</li>' for key in used)
    head = f'<tr><th scope="col">Log</th><th scope="col">{unit} of a whole scan</th><th scope="col">Time</th></tr>'
    caption = f"BARs are {SIZING_WORDS[sizing]}. The figures are those of the way that takes most and of the one that takes least."
    return (
        f'<figure class="ways many"><table aria-label="A whole scan, by log"><thead>{head}</thead><tbody>{rows}</tbody></table>'
        f'<ul class="legend">{legend}</ul><figcaption class="soft small">{caption}</figcaption></figure>'
    )


# ---- one log's verdict --------------------------------------------------------------------------------------------


# What the run's choices rest on. Without the members a run had nothing but cycles to go by.
BASES = {"availability": "there is no other that works", "agreement": "the mechanisms disagree", "accesses": "it takes fewer accesses", "nothing": "no scan was measured"}


def basis(verdict, member):
    """Why the run chose so, where that was not its cycles."""
    return BASES.get(verdict.get(member, "cycles"))


def verdict_by_counts(page, i):
    """What an emulated run is good for: the way with the fewest exits; and what the run chose, with what it went by."""
    log = page.logs[i]
    line, verdict = log.first("verdict")
    scans = scans_of(i, log, sizing_for([log]))
    text = ""
    if scans:
        key = min((key for key, _, _ in WAYS if key in scans), key=lambda key: scans[key].exits)
        scan = scans[key]
        text = f'<p class="say">The fewest exits: {page.link(i, scan.line, grouped(scan.exits))} for a whole scan {e(IN_A_SENTENCE[key])}.</p>'
    why = [basis(verdict, member) or "by cycles, which are the emulation\u2019s and decide nothing" for member in ("access_by", "sizing_by")]
    chosen = [f"access by {verdict['access']}", f"sizing by {verdict['sizing']}"]
    if why[0] == why[1]:
        said = f"{' and '.join(chosen)}: {why[0]}"
    else:
        said = "; ".join(f"{what}: {reason}" for what, reason in zip(chosen, why))
    style = "odd" if any("cycles" in reason for reason in why) else ""
    return f'{text}<p class="{style}">{page.link(i, line, "The run itself chose")} {e(said)}.</p>'


def verdict_by_time(page, i):
    line, verdict = page.logs[i].first("verdict")
    names = {"pio": "ports CF8h and CFCh", "ecam": "ECAM"}
    sizings = {"paravirtual": "by the BAR mask table", "none": "in no way that was measured"}
    access = names.get(verdict["access"], verdict["access"])
    sizing = sizings.get(verdict["sizing"], f"by the {verdict['sizing']} strategy")
    say = page.link(i, line, f"Access configuration space through {e(access)}, and size BARs {e(sizing)}.")
    doubt = '<p class="odd">Low confidence: cycles do not tell the ways apart.</p>' if verdict.get("confidence") == "low" else ""
    return f'<p class="say">{say}</p>{doubt}'


def linux_words(verdict):
    """What Linux does here by itself, and what it would with the series for it; about how many exits a boot takes of either."""
    def boot(exits, more=""):
        return f"; about {exits:,} exits a boot{more}" if exits is not None else ""
    advertised = verdict.get("linux_exits_advertised")
    text = f"Linux by itself would use: {verdict['linux']}" + \
        boot(verdict.get("linux_exits"), f", {advertised:,} of them for buses that only MCFG names" if advertised else "") + "."
    if verdict.get("linux_series"):
        text += f" With the series for it: {verdict['linux_series']}, sizing {verdict.get('linux_series_sizing', '?')}" + \
            boot(verdict.get("linux_series_exits")) + "."
    return text


def verdict_card(page, i):
    log = page.logs[i]
    env = env_of(log)
    status = log.done["status"]
    machine = env.get("hypervisor") or ("no hypervisor" if env else "machine unknown")
    about = f"{machine}, booted by {env['boot']}, CPL {env['cpl']}" if env else machine
    card = f'<p><strong>{e(page.title(i))}</strong> <span class="soft">{e(about)}</span></p>'
    card += f'<p>Result: <span class="{STYLES.get(status, "odd")}">{status}</span>: {page.link(i, log.done_line, count_words(log.done))}.</p>'
    _, verdict = log.first("verdict")
    if verdict:
        card += verdict_by_counts(page, i) if env.get("emulated") else verdict_by_time(page, i)
        card += "<ul>" + "".join(f"<li>{e(part.strip()[:1].upper() + part.strip()[1:])}.</li>" for part in verdict["reason"].split(";")) + "</ul>"
        if verdict.get("linux"):
            card += f'<p class="small soft">{e(linux_words(verdict))}</p>'
    else:
        result = next((r for r in log.results if r.name == "verdict"), None)
        why = f": {e(result.reason)}" if result and result.reason else ": the run did not ask for one"
        card += f"<p>No verdict{why}.</p>"
    if noise := noise_html(page, i):
        card += f'<p class="small odd">{noise}</p>'
    return f'<article class="verdict c{i % 6}">{card}</article>'


# ---- several logs: a column each -----------------------------------------------------------------------------------

# What is compared of a cell, and what is shown in it. A key of None takes no part.
Cell = collections.namedtuple("Cell", "key html")
EMPTY = Cell("", '<span class="soft">\u2013</span>')
# The same of a log that could not have had anything there, because its run never came so far.
UNKNOWN = Cell(None, EMPTY.html)


def column_heads(page):
    return "".join(f'<th scope="col">{page.chip(i)} <span class="file">{e(page.title(i))}</span></th>' for i in range(len(page.logs)))


def row_html(name, cells):
    """A row; what is not as in most of the columns that have something is marked, by more than a colour."""
    keys = [cell.key for cell in cells if cell.key is not None]
    filled = [key for key in keys if key != EMPTY.key]
    usual = collections.Counter(filled).most_common(1)[0][0] if filled else None
    differs = len(set(keys)) > 1
    mark = ' <span class="mark" title="not the same in all logs">\u2260</span>' if differs else ""
    out = f'<tr><th scope="row" class="soft">{e(name)}{mark}</th>'
    for cell in cells:
        odd = differs and cell.key not in (None, usual, EMPTY.key)
        out += f'<td{" class=differs" if odd else ""}>{cell.html}</td>'
    return out + "</tr>"


def columns_table(page, label, rows):
    count = len(page.logs)
    style = "columns-table" + (" many" if count > 4 else "")
    body = "".join(row_html(name, cells) for name, cells in rows)
    return f'<div class="wide"><table class="{style}" style="--n:{count}" aria-label="{e(label)}"><thead><tr><th scope="col"></th>{column_heads(page)}</tr></thead><tbody>{body}</tbody></table></div>'


def overview(page, sizing):
    """Rows of (name, cells) that say how the logs ended, on what, and what a scan cost there."""

    def row(name, cell):
        return name, [cell(i, log) for i, log in enumerate(page.logs)]

    def env_cell(show):
        def cell(i, log):
            line, env = log.first("env")
            if not env:
                return UNKNOWN
            text = show(env)
            return Cell(text, page.link(i, line, e(text))) if text else EMPTY

        return cell

    def status(i, log):
        said = log.done["status"]
        return Cell(said, page.link(i, log.done_line, f'<span class="{STYLES.get(said, "odd")}">{said}</span>'))

    def machine(env):
        return (env.get("hypervisor") or "no hypervisor") + (", emulated" if env.get("emulated") else "")

    def verdict(i, log):
        line, o = log.first("verdict")
        if not o:
            return UNKNOWN
        text = f"{o['access']}, sizing {o['sizing']}"
        by_cycles = not (basis(o, "access_by") and basis(o, "sizing_by"))
        doubt = ' <span class="odd">by the emulation\u2019s cycles</span>' if by_cycles and env_of(log).get("emulated") else ""
        return Cell(text, page.link(i, line, e(text)) + doubt)

    def linux(i, log):
        line, o = log.first("verdict")
        return Cell(o["linux"], page.link(i, line, e(o["linux"]))) if o.get("linux") else UNKNOWN

    def scan(key):
        def cell(i, log):
            found = scans_of(i, log, sizing).get(key)
            if not found:
                return EMPTY if log.all("scan") else UNKNOWN
            time = f"<br>{time_link(page, found)}" if not found.emulated else ""
            return Cell(found.exits, page.link(i, found.line, grouped(found.exits)) + time)

        return cell

    def inventory(i, log):
        functions, bars = log.all("function"), log.all("bar")
        if not functions:
            return UNKNOWN
        return Cell((len(functions), len(bars)), page.link(i, functions[0][0], f"{len(functions)} and {len(bars)}"))

    rows = [
        row("Result", status),
        row("Tests", lambda i, log: Cell(count_words(log.done), page.link(i, log.done_line, count_words(log.done)))),
        row("Hypervisor", env_cell(machine)),
        row("Booted by", env_cell(lambda env: env.get("boot", ""))),
        row("Privilege level", env_cell(lambda env: f"CPL {env.get('cpl')}")),
        row("ECAM reads", env_cell(lambda env: env.get("ecam_reads", ""))),
        row("BAR mask table", env_cell(lambda env: env.get("paravirtual", ""))),
        row("Functions and BARs", inventory),
    ]
    unit = "exits" if unit_of(page.logs) == "exit" else "accesses"
    for key, name, _ in WAYS:
        found = row(f"{name}: {unit}", scan(key))
        if any(cell not in (EMPTY, UNKNOWN) for cell in found[1]):
            rows.append(found)
    rows += [row("Verdict of the run", verdict), row("Linux by itself", linux)]
    if any(log.noise for log in page.logs):
        rows.append(row("Noise", lambda i, log: Cell(None, f'<span class="odd">{noise_html(page, i)}</span>') if log.noise else UNKNOWN))
    return [(name, cells) for name, cells in rows if any(cell not in (EMPTY, UNKNOWN) for cell in cells)]


def pair_html(page, pair, sizing):
    """What the patches gained on one host."""
    i, j = pair
    items = ""
    for name, before, after in gain(page.logs, pair, sizing):
        exits = f"{page.link(j, after.line, grouped(after.exits))} instead of {page.link(before.index, before.line, grouped(before.exits))} exits"
        exits += f", {ratio_text(after.exits, before.exits)}"
        if not after.emulated and before.cycles and after.cycles:
            exits += f"; {time_link(page, after)} instead of {time_link(page, before)}, {ratio_text(after.cycles, before.cycles)} of the time"
        items += f"<li>{e(name)}: {exits}.</li>"
    if not items:
        items = "<li>No whole scan was measured in both.</li>"
    doubt = " The CPU was emulated: there is no time to tell." if env_of(page.logs[j]).get("emulated") else ""
    text = f"<p>{page.chip(i)} stock and {page.chip(j)} patched: the same host, as far as the logs tell.{doubt}</p>"
    return f'<div class="pair">{text}<ul>{items}</ul></div>'


def top(page):
    """The whole of it."""
    sizing = sizing_for(page.logs)
    single, pair = one_host(page.logs)
    found = shown(page.logs, sizing, pair) if single else {}
    bad, words = headline(page.logs)
    out = f'<p class="headline">{f"""<span class="bad">{e(bad)}</span> """ if bad else ""}{words_html(page, words)}</p>'
    if single and found:
        out += picture_of_ways(page, found, sizing)
    elif not single:
        out += picture_of_logs(page, sizing)
    out += "".join(pair_html(page, each, sizing) for each in pairs(page.logs))
    if not page.several:
        return out + verdict_card(page, 0)
    return out + columns_table(page, "The logs, a column each", overview(page, sizing))

