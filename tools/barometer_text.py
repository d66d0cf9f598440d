"""The result for a mail or a pull request: Markdown that reads as plain text, 72 columns, ASCII. tools/report --markdown prints it."""

import os
import shlex
import textwrap

from barometer_log import median_of, name_access
from barometer_result import (
    SHORT,
    WAYS,
    Scan,
    duration_text,
    env_of,
    grouped,
    headline_text,
    offers,
    one_host,
    pairs,
    ratio_text,
    scans_of,
    sizing_for,
    tally,
    time_text,
    unit_of,
)

WIDTH = 72
ASCII = str.maketrans({"\u202f": " ", "\u00a0": " ", "\u00b5": "u", "\u2013": "-", "\u2192": "->", "\u2019": "'"})


def plain(text):
    """What a log says, without what a terminal or a mail would not show as it is."""
    return "".join(c if " " <= c <= "~" else "?" for c in str(text).translate(ASCII))


def letter(i):
    return chr(ord("A") + i) if i < 26 else str(i + 1)


def wrapped(text, first="", rest=None):
    return textwrap.fill(plain(text), WIDTH, initial_indent=first, subsequent_indent=first if rest is None else rest, break_on_hyphens=False)


def table(heads, rows):
    """Aligned, numbers to the right. Whatever is too wide for the mail is cut in the column that has most."""
    cells = [[plain(c) for c in row] for row in [heads, *rows]]
    widths = [max(len(row[n]) for row in cells) for n in range(len(heads))]
    spare = WIDTH - 3 * len(heads) - 1
    while sum(widths) > spare:
        widths[widths.index(max(widths))] -= 1
    right = [bool(rows) and all(row[n][:1].isdigit() or row[n] == "-" for row in cells[1:]) for n in range(len(heads))]

    def line(row):
        fit = [c if len(c) <= w else c[: max(w - 2, 0)] + ".." for c, w in zip(row, widths)]
        return "| " + " | ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in zip(fit, widths, right)) + " |"

    rule = "|" + "|".join("-" * (w + 1) + (":" if r else "-") for w, r in zip(widths, right)) + "|"
    return "\n".join([line(cells[0]), rule, *(line(row) for row in cells[1:])])


def environment(logs, note):
    out = []
    for i, log in enumerate(logs):
        env, done = env_of(log), log.done
        counts = ", ".join(text for _, text in tally(done))
        parts = [f"{letter(i)}, {os.path.basename(log.path)}: {done['status']}" if len(logs) > 1 else f"Result: {done['status']}"]
        parts[0] += f" ({counts})"
        if env:
            parts.append(f"barometer {env.get('version')}, booted by {env.get('boot')}, CPL {env.get('cpl')}")
            parts.append((env.get("hypervisor") or "no hypervisor") + (", CPU emulated" if env.get("emulated") else ""))
            parts.append(f"TSC {grouped(env['tsc_khz'])} kHz by {env.get('tsc_source')}" if env.get("tsc_khz") else "TSC frequency unknown")
            parts.append(f"ECAM from {env.get('ecam_source')}, its reads: {env.get('ecam_reads')}; BAR mask table: {env.get('paravirtual')}")
            parts.append(f"{len(log.all('function'))} functions, {len(log.all('bar'))} BARs")
        out.append(wrapped("; ".join(parts) + ".", "- ", "  "))
    if note:
        out.append(wrapped(f"Host: {note}", "- ", "  "))
    return "\n".join(out)


def failures(logs):
    out = []
    for i, log in enumerate(logs):
        for result in log.results:
            if result.outcome in ("fail", "error"):
                why = result.reason or next((text for _, text in result.notes if text.startswith(("FAIL", "ERROR"))), "")
                where = f"{letter(i)}, line {result.line}" if len(logs) > 1 else f"line {result.line}"
                out.append(wrapped(f"{result.name} ({where}): {why}", "- ", "  "))
    more = [f"- and {len(out) - 10} more"] if len(out) > 10 else []
    return "\n".join(out[:10] + more)


def given(log, is_table):
    """What run.sh gave the hypervisor is not what the hypervisor has."""
    return ", captured" if is_table and env_of(log).get("paravirtual") == "opt" else ""


def scan_rows(logs):
    """(log's index, name, Scan): of one run every tree and the table, of several the ways that are compared."""
    sizing = sizing_for(logs)
    if len(logs) > 1:
        for i, log in enumerate(logs):
            found = scans_of(i, log, sizing)
            for key, _, _ in WAYS:
                if key in found:
                    yield i, SHORT[key] + given(log, key == "table"), found[key]
        return
    log = logs[0]
    for line, o in log.all("scan"):
        ecam = SHORT["direct" if env_of(log).get("ecam_reads") == "direct" else "trapped"]
        if o.get("path") == "paravirtual":
            yield 0, SHORT["table"] + given(log, True), Scan(0, log, line, o)
        elif o.get("walk") == "tree" and o.get("sizing") in ("per-bar", "batched", "paravirtual"):
            how = "BARs by table" if o["sizing"] == "paravirtual" else o["sizing"]
            yield 0, f"{'ports' if o['path'] == 'pio' else ecam}, {how}", Scan(0, log, line, o)


def scan_table(logs):
    rows = list(scan_rows(logs))
    if not rows:
        return "No whole scan was measured."
    timed = not all(scan.emulated for _, _, scan in rows)
    of_pair = {j: i for i, j in pairs(logs)}
    first = {}
    for i, _, scan in rows:
        first.setdefault(i, scan)
    unit = "exits" if unit_of(logs) == "exit" else "accesses"
    out = []
    for i, name, scan in rows:
        base = first.get(of_pair.get(i, i), first[i])
        time = "-" if scan.emulated else duration_text(scan)
        share = "-" if scan.emulated else ratio_text(scan.cycles, base.cycles)
        row = [name, grouped(scan.exits), ratio_text(scan.exits, base.exits)] + ([time, share] if timed else [])
        out.append([letter(i), *row] if len(logs) > 1 else row)
    heads = ["scan", unit, "of first"] + (["time", "of first"] if timed else [])
    o = rows[0][2].o
    text = f"{o.get('functions')} functions on {o.get('buses')} buses, {o.get('bars')} BARs."
    if len(logs) > 1:
        text = f"BARs are sized by the strategy '{sizing_for(logs)}'."
    text += " 'Of first' compares with the first row of the same log"
    text += "".join(f"; that of {letter(j)} with {letter(i)}, the stock run of the same host" for j, i in of_pair.items()) + "."
    if any(given(logs[i], True) for i, _, _ in rows):
        text += " Captured: the table was made beforehand, from outside."
    if any(scan.emulated for _, _, scan in rows):
        text += " Where the CPU was emulated no time is given: it would be the emulator's."
    return table(["log", *heads] if len(logs) > 1 else heads, out) + "\n\n" + wrapped(text)


def access_tables(logs):
    """One log: each operation with its median, 99th percentile, and proportion to a CPUID exit. Several: medians, four to a table."""
    found = {}
    for i, log in enumerate(logs):
        for _, o in log.all("access"):
            found.setdefault(name_access(o), {})[i] = o
    if not found:
        return "No access was timed."

    def median(i, o):
        khz = env_of(logs[i]).get("tsc_khz")
        if khz and not env_of(logs[i]).get("emulated"):
            return time_text(median_of(o) * 1e6 / khz) if median_of(o) else "0 ns"
        return f"{median_of(o):,.4g}" if median_of(o) < 1000 else grouped(round(median_of(o)))

    texts = []
    emulated = any(env_of(log).get("emulated") for log in logs)
    if len(logs) == 1:
        cpuid = found.get("baseline cpuid", {}).get(0)
        rows = []
        for name, per_log in found.items():
            o = per_log[0]
            proportion = f"{median_of(o) / median_of(cpuid):.2g}" if cpuid and median_of(cpuid) else "-"
            cycles = f"{median_of(o):.4g}" if median_of(o) < 1000 else grouped(round(median_of(o)))
            time = [] if emulated else [median(0, o)]
            rows.append([name.removeprefix("baseline "), cycles, *time, grouped(o["p99"]), proportion])
        texts.append(table(["operation", "median", *([] if emulated else ["time"]), "p99", "in CPUIDs"], rows))
    for start in range(0, len(logs), 4) if len(logs) > 1 else ():
        columns = range(start, min(start + 4, len(logs)))
        rows = [[name.removeprefix("baseline "), *(median(i, per_log[i]) if i in per_log else "-" for i in columns)] for name, per_log in found.items() if any(i in per_log for i in columns)]
        if rows:
            texts.append(table(["operation", *(letter(i) for i in columns)], rows))
    text = "Medians and 99th percentiles in TSC cycles, less the cost of timing." if len(logs) == 1 else "Medians, less the cost of timing: times, or cycles where there is no unit."
    if emulated:
        text += " Cycles of an emulated CPU are the emulator's and say nothing about hardware."
    return "\n\n".join([*texts, wrapped(text)])


# ---- the command ----------------------------------------------------------------------------------------------------

# Of segment 0's function 00:00.0: QEMU's machine types.
MACHINES = {("0x8086", "0x29c0"): "q35", ("0x8086", "0x1237"): "pc", ("0x1b36", "0x0008"): "microvm"}
WHOLE_RUN = {"acpi", "enumerate", "sizing", "rule", "scan", "access", "verdict"}


def command_of(log):
    """run.sh's command line as far as the log tells, or None where what ran was no QEMU."""
    env = env_of(log)
    if not env or not (env.get("emulated") or "KVM" in env.get("hypervisor", "")):
        return None
    words = ["./run.sh", f"--accel {'tcg' if env.get('emulated') else 'kvm'}", f"--boot {plain(env.get('boot'))}"]
    host = next((o for _, o in log.all("function") if o["bdf"] == "00:00.0"), {})
    machine = MACHINES.get((host.get("vendor"), host.get("device")), "q35")
    words += [f"--machine {machine}"] if machine != "q35" else []
    words += ["--pv off"] if env.get("paravirtual") == "none" else []
    families = dict.fromkeys(result.name.split(".")[0] for result in log.results)
    if not WHOLE_RUN <= families.keys():
        names = [next(r.name for r in log.results if r.name.split(".")[0] == f) if sum(r.name.split(".")[0] == f for r in log.results) == 1 else f"{f}.*" for f in families]
        words.append("--append " + shlex.quote(plain(f"tests={','.join(names)}")))
    if offers(log):
        words.append('--qemu "$(hypervisor/build-qemu)" --')
        words += ["-global pcie-host-bridge.ecam-readonly=on"] if env.get("ecam_reads") == "direct" else []
        words += {"etc": ["-global fw_cfg.pci-bar-masks=on"], "acpi": ["-machine pci-bar-masks=on"]}.get(env.get("paravirtual"), [])
    return words


def folded(words):
    """A shell command of words that are not to be broken, with a backslash at the end of each line but the last."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + len(word) + 3 + 4 <= WIDTH:
            lines[-1] += " " + word
        else:
            lines.append("    " + word)
    return " \\\n".join("    " + line for line in lines)


def commands(logs, given):
    if given:
        return "    " + plain(given)
    found = {}
    for i, log in enumerate(logs):
        words = command_of(log)
        if words:
            found.setdefault(folded(words), []).append(letter(i))
    if not found:
        return "The log does not tell how it was made; make iso gives what boots."
    text = [(f"{', '.join(who)}:\n\n" if len(found) > 1 else "") + command for command, who in found.items()]
    return "\n\n".join([*text, wrapped("As far as the log tells: other devices, or a budget, are not in it.")])


def text(logs, command, note):
    _, pair = one_host(logs)
    title = "## PCI configuration access" + (": stock and patched" if pair else "")
    bad = failures(logs)
    parts = [title, wrapped(headline_text(logs)), environment(logs, note)]
    parts += ["### What failed", bad] if bad else []
    parts += ["### A whole scan", scan_table(logs), "### One access", access_tables(logs), "### To repeat it", commands(logs, command)]
    return "\n\n".join(parts) + "\n"
