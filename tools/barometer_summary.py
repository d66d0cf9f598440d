"""What came of a run, for the person at the terminal: the cost table, the scan table, the tests in groups, the verdict."""

import os
import shlex

from barometer_log import median_of, name_access
from barometer_result import env_of, exit_count, grouped, time_text
from barometer_terminal import fitted, plain

MECHANISMS = {"pio": "ports", "ecam": "ECAM", "paravirtual": "table", "baseline": "baseline"}


def times_text(ratio):
    """How many times: two digits, but whole where that is more."""
    return f"{ratio:.1f}" if ratio < 9.95 else grouped(round(ratio))


def share_text(part, whole):
    """A ratio as the guest's verdict has it: two decimals, or one over a whole number where they would say little."""
    if not whole or part is None:
        return ""
    return f"1/{grouped(round(whole / part))}" if part and part / whole < 0.1 else f"{part / whole:,.2f}"


# ---- what one access costs ------------------------------------------------------------------------------------------


class Measures:
    """What a reader knows, to put other figures beside: a CPUID exit and a load from RAM, as this run timed them."""

    def __init__(self, log):
        env = env_of(log)
        found = {o.get("op"): median_of(o) for _, o in log.all("access") if o.get("path") == "baseline"}
        # Without a hypervisor, or in an emulator, CPUID exits to nobody.
        cpuid = "CPUID exit" if env.get("hypervisor") and not env.get("emulated") else "CPUID"
        words = (("cpuid", cpuid, cpuid + "s"), ("ram-load-wb", "load from RAM", "loads from RAM"))
        self.known = [(op, found[op], one, many) for op, one, many in words if found.get(op)]

    def beside(self, o):
        """An access object's median in words, beside the first of them that it is not far below. None is put beside itself."""
        cycles, known = median_of(o), [(median, one, many) for op, median, one, many in self.known if op != o.get("op")]
        for median, one, many in known:
            ratio = cycles / median
            if 0.9 <= ratio <= 1.1:
                return f"about a {one}"
            if ratio > 0.5:
                return f"{times_text(ratio)} {many}" if ratio > 1 else f"{ratio:.1f} of a {one}"
        return f"less than a {known[-1][1]}" if known and o.get("op") != self.known[-1][0] else ""


def cost_table(log, terminal):
    env = env_of(log)
    accesses = [o for _, o in log.all("access") if o.get("width") in (0, 4) or o.get("op") == "decode-toggle"]
    if not accesses:
        return
    measures = Measures(log)
    timed = bool(env.get("tsc_khz")) and not env.get("emulated")
    rows = []
    for path, title in (("baseline", "for comparison"), ("pio", "through ports CF8h and CFCh"), ("ecam", "through ECAM"), ("paravirtual", "paravirtual")):
        mine = [o for o in accesses if o.get("path") == path and o.get("op") != "empty"]
        rows += [[title]] if mine else []
        for o in mine:
            median = median_of(o)
            name = "  " + name_access(o).removeprefix(path + " ").replace(" 4 bytes", "") + ("" if o.get("stable", True) else ", unstable")
            time = time_text(median * 1e6 / env["tsc_khz"]) if timed else ""
            rows.append([name, f"{median:,.1f}" if median < 100 else grouped(round(median)), time, grouped(o["p99"]), measures.beside(o)])
    terminal.line()
    terminal.line("What one access costs" + (" (cycles of an emulation: they say nothing about hardware)" if env.get("emulated") else ""))
    heads = ["", "cycles", "time", "99 %", "that is"]
    if not timed:
        heads.pop(2)
        rows = [row[:2] + row[3:] for row in rows]
    terminal.table(heads, rows, optional=(3, 2) if timed else (2,), words=True)
    terminal.paragraph("Medians, and what 99 % stay below; 4 bytes wide, other widths are in the log.", "dim")


# ---- what a scan costs ----------------------------------------------------------------------------------------------


def scan_name(o):
    if o.get("path") == "paravirtual":
        return "BAR mask table"
    sizing = {"none": "no sizing", "paravirtual": "BARs by table"}.get(o.get("sizing"), o.get("sizing"))
    return MECHANISMS.get(o.get("path"), o.get("path")) + ("" if o.get("walk") == "sweep" else f", {sizing}")


WALKS = (
    ("tree", "every device of every bus that a bridge leads to"),
    ("paravirtual", None),
    ("only-one-child", "device 0 alone below PCI Express ports, as Linux"),
    ("sweep", "every device of every bus number"),
)


def scan_table(log, terminal):
    scans = [o for _, o in log.all("scan")]
    if not scans:
        return
    env = env_of(log)
    emulated = bool(env.get("emulated"))
    heads = ["", "accesses", "exits", "cycles", "ratio"]
    base = next((o for path in ("pio", "ecam") for o in scans if (o.get("path"), o.get("walk"), o.get("sizing")) == (path, "tree", "per-bar")), None)

    def cost(o):
        return exit_count(log, o) if emulated else o.get("cycles", 0)

    rows = []
    for walk, title in WALKS:
        mine = [o for o in scans if o.get("walk") == walk]
        rows += [[title]] if mine and title else []
        for o in mine:
            made = o.get("reads", 0) + o.get("writes", 0) + o.get("calls", 0)
            rows.append(["  " + scan_name(o), grouped(made), grouped(exit_count(log, o)), grouped(o.get("cycles", 0)), share_text(cost(o), cost(base)) if base else ""])
    most = max(scans, key=lambda o: (o.get("functions", 0), o.get("bars", 0)))
    terminal.line()
    terminal.line(f"What a scan costs: {most.get('functions')} functions on {most.get('buses')} buses, {max(o.get('bars', 0) for o in scans)} BARs")
    # Where no hypervisor is, an access exits to nobody.
    if not env.get("hypervisor") and not emulated:
        heads.remove("exits")
        rows = [row[:2] + row[3:] for row in rows]
    terminal.table(heads, rows, optional=(1,))
    if base:
        through = "ports" if base.get("path") == "pio" else "ECAM"
        what = "exits beside those of" if emulated else "cycles beside those of"
        khz = env.get("tsc_khz")
        time = f" ({time_text(base['cycles'] * 1e6 / khz)})" if khz and not emulated else ""
        terminal.paragraph(f"Ratio: {what} {through} with per-bar sizing{time}." + (" Cycles are the emulator's." if emulated else ""), "dim")


# ---- what a boot's accesses cost --------------------------------------------------------------------------------------

BOOTS = {"linux": "Linux", "seabios": "SeaBIOS", "ovmf": "OVMF", "own": "the record given"}


def replay_name(o):
    return MECHANISMS.get(o.get("path"), o.get("path")) + (" and the table" if o.get("sizing") == "paravirtual" else "")


def replay_table(log, terminal):
    replays = [o for _, o in log.all("replay")]
    if not replays:
        return
    env = env_of(log)
    emulated = bool(env.get("emulated"))
    timed = bool(env.get("tsc_khz")) and not emulated
    rows = []
    for record in dict.fromkeys(o["record"] for o in replays):
        mine = [o for o in replays if o["record"] == record]
        rows.append([f"{BOOTS.get(record, record)}: {grouped(mine[0]['accesses'])} accesses"])
        for o in mine:
            exits = grouped(o["exits"]) if "exits" in o else "?"
            rows.append(["  " + replay_name(o), grouped(o["reads"] + o["writes"]), exits, grouped(o["cycles"])] +
                        ([time_text(o["cycles"] * 1e6 / env["tsc_khz"])] if timed else []))
    terminal.line()
    terminal.line("What the accesses of a whole boot cost, played back" + (" (cycles are the emulator's)" if emulated else ""))
    terminal.table(["", "accesses", "exits", "cycles", "time"][:5 if timed else 4], rows, optional=(1,))


# ---- what several vCPUs make of it ------------------------------------------------------------------------------------


def thousandths(number):
    return f"{number / 1000:.2f}"


def vcpu_tables(log, terminal):
    reads, scans = ([o for _, o in log.all(kind)] for kind in ("contention", "parallel_scan"))
    if reads:
        terminal.line()
        terminal.line("What vCPUs that read at once make of it")
        rows = [[f"  {o['mechanism']}", str(o["vcpus"]), grouped(o["per_gcycle"]), thousandths(o["scaling"]), grouped(o["p50"]), grouped(o["p99"])] for o in reads]
        terminal.table(["", "vCPUs", "per 10^9 cycles", "scaling", "median", "99 %"], rows, optional=(2, 5))
        terminal.paragraph("Scaling: what all read, beside as many times what one reads alone.", "dim")
    if scans:
        terminal.line()
        terminal.line("What a scan costs that vCPUs share")
        rows = [[f"  {scan_name(o)}", str(o["vcpus"]), grouped(o["reads"] + o["writes"]), grouped(o["cycles"]), thousandths(o["ratio"])] for o in scans]
        terminal.table(["", "vCPUs", "accesses", "cycles", "ratio"], rows)
        terminal.paragraph("Ratio: time beside that of one vCPU.", "dim")


# ---- tests ------------------------------------------------------------------------------------------------------------


def family(name):
    """rule.bar.shape belongs to rule.bar, scan.tree.pio.lean to scan."""
    words = name.split(".")
    return ".".join(words[:2]) if words[0] == "rule" and len(words) > 2 else words[0]


def titled(log, result):
    """A test's name, with the ID of the rule if it is one."""
    rule = next((o.get("id") for _, o in log.all("rule") if o.get("test") == result.name), None)
    return f"{rule} {result.name}" if rule else result.name


def counts_text(log):
    words = (("passed", "pass"), ("failed", "fail"), ("errors", "error"), ("skipped", "skip"), ("known deviations", "xfail"))
    found = [f"{log.count(outcome)} {words}" for words, outcome in words if log.count(outcome)]
    return ", ".join(found).replace("1 known deviations", "1 known deviation").replace("1 errors", "1 error") or "nothing was run"


def reason_of(result):
    """Without the rule's ID in front, so that one reason groups what it is the reason of."""
    words = result.reason.split(": ", 1)
    return words[1] if result.outcome == "xfail" and len(words) > 1 and "-" in words[0] and " " not in words[0] else result.reason


def tests(log, terminal):
    if not log.results:
        return
    terminal.line()
    missing = (log.plan or 0) - len(log.results)
    terminal.line(f"Tests: {counts_text(log)}" + (f"; {missing} more were planned and have no result" if missing > 0 and log.plan else ""))
    informative = {o.get("test") for _, o in log.all("rule") if o.get("informative")}
    for outcome, title, style in (("error", "errors", "bad"), ("fail", "failed", "bad"), ("xfail", "known deviations of this hypervisor", None),
                                  ("informative", "known deviations of all", None), ("skip", "skipped", None)):
        groups = {}
        for result in log.results:
            if outcome == ("informative" if result.outcome == "xfail" and result.name in informative else result.outcome):
                groups.setdefault(reason_of(result), []).append(titled(log, result))
        if groups:
            terminal.line("  " + title, style)
        for reason, names in groups.items():
            terminal.paragraph(", ".join(names) + (f": {reason}" if reason else ""), None if style else "dim", "    ", "      ")
    passed = {}
    for result in log.results:
        if result.outcome == "pass":
            passed[family(result.name)] = passed.get(family(result.name), 0) + 1
    if passed:
        terminal.line("  passed")
        terminal.paragraph(", ".join(f"{name} {count}" for name, count in passed.items()), "dim", "    ")
    for _, o in log.all("cause"):
        terminal.paragraph(f"Likely cause: {o.get('text')}. It explains {', '.join(map(str, o.get('explains', ())))}.")


# ---- the verdict --------------------------------------------------------------------------------------------------------


SIZINGS = {"paravirtual": "by the BAR mask table"}


def advice(log):
    """The guest's verdict: a sentence, and its reasons with how sure it is of them."""
    _, verdict = log.first("verdict")
    if not verdict:
        result = next((r for r in log.results if r.name == "verdict"), None)
        return f"No advice: {result.reason or result.outcome}." if result else "No advice: the run was not asked for a verdict.", []
    access = {"pio": "ports CF8h and CFCh", "ecam": "ECAM"}.get(verdict.get("access"), verdict.get("access"))
    _, env = log.first("env")
    in_acpi = verdict.get("sizing") == "paravirtual" and env.get("paravirtual") == "acpi"
    sizing = "by the table in ACPI" if in_acpi else SIZINGS.get(verdict.get("sizing"), f"by the {verdict.get('sizing')} strategy")
    reasons = verdict["reason"].split("; ")
    if verdict.get("confidence") == "low":
        # The last one is why: the most important then.
        reasons = ["Not sure: " + reasons[-1], *reasons[:-1]]
    elif verdict.get("confidence") == "high":
        reasons[0] = "Sure: " + reasons[0]
    return f"Use {access}, and size BARs {sizing}.", reasons


def where(path, width, is_useful):
    """Where the log is and, if it is of any use, what to do with it, on one line or two."""
    path = min(path, os.path.relpath(path), key=len)
    if not is_useful:
        return [f"Log: {path}"]
    word = shlex.quote(path)
    # Installed, the tools have another name, which whoever was called by it hands on.
    command = os.environ.get("BAROMETER_COMMAND")
    tool = f"{command} " if command else "tools/"
    is_default = os.path.abspath(path) == os.path.abspath("build/serial.log")
    if command or word != path:
        page = f"{tool}report -o report.html {word}"
    else:
        page = "make report" if is_default else f"make report LOG={word}"
    one = f"Log: {path} ({page}; {tool}compare OTHER.log {word})"
    if len(plain(one)) <= width:
        return [one]
    two = f"Next: {page}; {tool}compare OTHER.log {word}"
    return [f"Log: {path}", two if len(plain(two)) <= width else f"Next: {tool}report -o report.html LOG; {tool}compare OTHER.log LOG"]


def verdict(log, terminal, status, trouble, path):
    """At most six lines, each fit to the width. `trouble` is what run.sh, or the log, says beside the status."""
    last = where(path, terminal.width, bool(log.results)) if path else []
    room = 6 - 1 - len(last)
    terminal.spans((status.upper(), {"pass": "good", "skip": None}.get(status, "bad")), (f": {counts_text(log)}", None))
    if trouble:
        terminal.paragraph(trouble, "bad", most=room)
    else:
        names = [titled(log, r) for r in log.results if r.outcome in ("fail", "error")]
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            terminal.spans((fitted(plain(", ".join(names[:3])), terminal.width - len(more)) + more, "bad"))
        sentence, reasons = advice(log)
        for text in [sentence, *reasons][: room - bool(names)]:
            terminal.line(text)
    for text in last:
        terminal.line(text, "dim")


def everything(log, terminal, status, trouble, path):
    cost_table(log, terminal)
    scan_table(log, terminal)
    replay_table(log, terminal)
    vcpu_tables(log, terminal)
    tests(log, terminal)
    terminal.line()
    verdict(log, terminal, status, trouble, path)
