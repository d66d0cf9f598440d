"""What serial logs say about the one question: a whole scan through ports, through ECAM that traps, through ECAM that is read
directly, and by the BAR mask table, in exits and in time. The page and the text for a mail both say it in these words.

A count is exact on any host. A cycle of an emulated CPU is the emulator's own, so where one was emulated only counts are said.
"""

import collections
import json

import barometer_log

# A value, and the line of the log numbered `log` that it was read from.
Figure = collections.namedtuple("Figure", "log line text")

KINDS = (
    ("cf8", "address write to CF8h"),
    ("read", "read"),
    ("write", "write"),
    ("call", "paravirtual call"),
    ("free", "read that does not leave the guest"),
)

# In the order in which they are shown: key, name, and what is said where a run has no such scan.
WAYS = (
    ("ports", "Ports CF8h and CFCh", "no such scan in the log"),
    ("trapped", "ECAM, every access traps", "no such scan in the log"),
    ("direct", "ECAM, reads are direct", "not offered: every ECAM read traps"),
    ("table", "BAR mask table", "not offered"),
)
NAMES = {key: name for key, name, _ in WAYS}
SHORT = {"ports": "ports", "trapped": "ECAM, trapped", "direct": "ECAM, direct reads", "table": "BAR mask table"}
IN_A_SENTENCE = {"ports": "through ports", "trapped": "through ECAM", "direct": "through ECAM with direct reads", "table": "by the BAR mask table"}

# What is compared is one way of sizing over different mechanisms. Linux 6.14 and later sizes in batches.
SIZINGS = ("batched", "per-bar", "lean")
SIZING_WORDS = {"batched": "sized in batches, as Linux 6.14 and later does", "per-bar": "sized one by one, as Linux before 6.14 did", "lean": "sized by the lean strategy"}


def env_of(log):
    return log.first("env")[1]


def exits_of(log, o):
    """[(kind, number)] of a scan or sizing: a read or write through ports is two accesses, one for the address and one for the data."""
    reads, writes, calls = (o.get(k, 0) for k in ("reads", "writes", "calls"))
    direct = o.get("path") == "ecam" and env_of(log).get("ecam_reads") == "direct"
    found = {
        "cf8": reads + writes if o.get("path") == "pio" else 0,
        "read": 0 if direct else reads,
        "write": writes,
        "call": calls,
        "free": reads if direct else 0,
    }
    return [(kind, found[kind]) for kind, _ in KINDS if found[kind]]


def exit_count(log, o):
    return sum(count for kind, count in exits_of(log, o) if kind != "free")


class Scan:
    """One way of scanning, of one log."""

    def __init__(self, index, log, line, o):
        self.index, self.log, self.line, self.o = index, log, line, o
        self.exits, self.cycles = exit_count(log, o), o.get("cycles", 0)
        self.khz = env_of(log).get("tsc_khz") or 0
        # Without a time where nothing but an emulator's cycles could be told.
        self.emulated = bool(env_of(log).get("emulated"))

    def figure(self, text):
        return Figure(self.index, self.line, text)


def scans_of(index, log, sizing):
    """{way: Scan} of the trees of a log that were sized by that strategy, and the table's."""
    found = {}
    for line, o in log.all("scan"):
        scan = Scan(index, log, line, o)
        if o.get("path") == "paravirtual":
            found["table"] = scan
        elif o.get("walk") == "tree" and o.get("sizing") == sizing:
            if o["path"] == "pio":
                found["ports"] = scan
            elif o["path"] == "ecam":
                found["direct" if env_of(log).get("ecam_reads") == "direct" else "trapped"] = scan
    return found


def sizing_for(logs):
    """The first strategy by which most of the logs measured a scan."""
    return max(SIZINGS, key=lambda sizing: sum(len(scans_of(0, log, sizing).keys() - {"table"}) for log in logs))


# ---- which logs belong together -----------------------------------------------------------------------------------


def offers(log):
    """Whether the hypervisor itself has what the patches add. A table captured beforehand is none of its doing."""
    env = env_of(log)
    return env.get("ecam_reads") == "direct" or env.get("paravirtual") in ("etc", "acpi")


def same_host(a, b):
    """As far as logs tell: the same hypervisor signature, counter, privilege level, boot path and functions."""
    one, other = env_of(a), env_of(b)
    if not one or not other or any(one.get(key) != other.get(key) for key in ("hypervisors", "hypervisor", "emulated", "boot", "cpl")):
        return False
    khz = [env.get("tsc_khz") or 0 for env in (one, other)]
    # Measured anew in each run, or not known in either.
    if abs(khz[0] - khz[1]) > max(khz) / 100:
        return False

    def functions(log):
        return [[o.get(key) for key in ("segment", "bdf", "vendor", "device", "class", "header")] for _, o in log.all("function")]

    return json.dumps(functions(a)) == json.dumps(functions(b)) and bool(a.all("function"))


def pairs(logs):
    """[(stock, patched)], indices: every patched log with a stock one of the same host, each with one of its own while there are."""
    found, taken = [], set()
    for j, log in enumerate(logs):
        if not offers(log):
            continue
        stock = [i for i, other in enumerate(logs) if not offers(other) and same_host(other, log)]
        free = [i for i in stock if i not in taken]
        if stock:
            found.append(((free or stock)[0], j))
            taken.add(found[-1][0])
    return found


# ---- words --------------------------------------------------------------------------------------------------------


def grouped(number):
    return f"{number:,}"


def time_text(ns):
    """Three digits are all that a median is good for."""
    for unit, factor in (("s", 1e9), ("ms", 1e6), ("\u00b5s", 1e3)):
        if ns >= factor:
            return f"{ns / factor:.3g}\u202f{unit}" if ns / factor < 999.5 else f"{ns / factor:.0f}\u202f{unit}"
    return f"{ns:.3g}\u202fns"


def duration_text(scan):
    """Time where the counter's frequency is known, else cycles."""
    return time_text(scan.cycles * 1e6 / scan.khz) if scan.khz else f"{grouped(scan.cycles)} cycles"


def ratio_text(part, whole):
    """part / whole in words that stay readable: a percentage, or one in so many."""
    if not part or not whole:
        return "\u2013"
    if part / whole >= 0.1:
        return f"{100 * part / whole:.0f}\u202f%"
    return f"1/{grouped(round(whole / part))}"


def tally(done):
    """[(key, text)] of how the tests ended, '3 skipped', without what there is none of."""
    keys = [key for key in ("passed", "failed", "errors", "skipped", "xfailed") if done.get(key)]
    return [(key, f"{done[key]} {'error' if key == 'errors' and done[key] == 1 else key}") for key in keys] or [("", "nothing was run")]


def plural(count, word):
    return f"{grouped(count)} {word}{'' if count == 1 else 's'}"


def unit_of(logs):
    """On a machine that no hypervisor runs, an access exits from nothing."""
    virtual = any(env_of(log).get("hypervisor") or env_of(log).get("emulated") for log in logs)
    return "exit" if virtual else "access"


def trouble(logs):
    """What comes first if not every run passed, else nothing."""
    bad = [log for log in logs if log.done["status"] in ("fail", "error")]
    if not bad:
        return ""
    if len(logs) > 1:
        words = [f"{n} {word}" for status, word in (("fail", "failed"), ("error", "ended in an error")) if (n := sum(log.done["status"] == status for log in logs))]
        return f"{' and '.join(words)} of {len(logs)} runs."
    log = bad[0]
    names = [r.name for r in log.results if r.outcome == log.done["status"]]
    if log.done["status"] == "error":
        return f"The harness or its environment failed{' in ' + names[0] if names else ''}, so no figure of this run can be trusted."
    return f"{plural(len(names), 'test')} failed ({', '.join(names[:3])}{', ...' if len(names) > 3 else ''})."


def cost_words(scan, logs, short=False):
    """'2,116 exits (61.8 ms)': without the time where that is an emulator's."""
    count = scan.figure(grouped(scan.exits) if short else plural_exits(scan.exits, logs))
    return [count] if scan.emulated or not scan.cycles else [count, f" ({duration_text(scan)})"]


def plural_exits(count, logs):
    unit = unit_of(logs)
    return f"{grouped(count)} {unit}{'' if count == 1 else 's' if unit == 'exit' else 'es'}"


CAVEAT = "; the CPU was emulated, so counts decide and cycles do not"


def sentence(logs, found, pair):
    """What the comparison says, as strings and Figures. `found` is what `shown` gives."""
    known = [key for key, _, _ in WAYS if key in found]
    if not known:
        if len(logs) == 1 and logs[0].done["status"] == "skip":
            return ["Nothing here applied to this machine: every test was skipped."]
        return ["No whole scan was measured" + (" in this run." if len(logs) == 1 else " in these runs.")]
    first, last = found[known[0]], found[known[-1]]
    caveat = CAVEAT if last.emulated else ""
    if pair and found.get("direct") and first.o is not found["direct"].o:
        base, direct = first, found["direct"]
        words = ["Patched, a whole scan takes ", *cost_words(direct, logs), " through ECAM"]
        if "table" in found:
            words += [" and ", *cost_words(found["table"], logs, True), " by the BAR mask table"]
        words += [", instead of ", *cost_words(base, logs, True), f" {IN_A_SENTENCE[known[0]]}"]
        return words + [caveat + "."]
    words = ["A whole scan takes "]
    for n, key in enumerate(known):
        words += [", and " if n and n == len(known) - 1 else ", " if n else "", *cost_words(found[key], logs, n > 0), " " + IN_A_SENTENCE[key]]
    if len(known) == 2:
        words = [w if w != ", and " else " and " for w in words]
    return words + [caveat + "."]


def sentence_of_many(logs, sizing):
    """The same for runs that are not of one host: between which ends their scans are."""
    all_scans = [(scan, key) for i, log in enumerate(logs) for key, scan in scans_of(i, log, sizing).items()]
    if not all_scans:
        return ["No whole scan was measured in these runs."]
    least, most = (choose(all_scans, key=lambda x: x[0].exits) for choose in (min, max))
    words = ["A whole scan takes from ", *cost_words(least[0], logs), f" {IN_A_SENTENCE[least[1]]}", " to ", *cost_words(most[0], logs, True), f" {IN_A_SENTENCE[most[1]]}"]
    emulated = any(env_of(log).get("emulated") for log in logs)
    return words + ["; under emulation counts decide, cycles do not." if emulated else "."]


def shown(logs, sizing, pair):
    """{way: Scan} of the picture of one host: of a pair the stock's ports and trapped ECAM, the patched one's direct ECAM and table."""
    if not pair:
        return scans_of(0, logs[0], sizing)
    stock, patched = (scans_of(i, logs[i], sizing) for i in pair)
    return {**patched, **{key: scan for key, scan in stock.items() if key in ("ports", "trapped")}}


def one_host(logs):
    """(whether the logs are one run or one pair, the pair)."""
    found = pairs(logs)
    pair = found[0] if found and len(logs) == 2 else None
    return len(logs) == 1 or pair is not None, pair


def headline(logs):
    """(trouble, words): the whole page's first sentence, and before it what went wrong."""
    sizing = sizing_for(logs)
    single, pair = one_host(logs)
    return trouble(logs), sentence(logs, shown(logs, sizing, pair), pair) if single else sentence_of_many(logs, sizing)


def headline_text(logs):
    bad, words = headline(logs)
    return (bad + " " if bad else "") + "".join(w.text if isinstance(w, Figure) else w for w in words)


def gain(logs, pair, sizing):
    """[(words, Scan before, Scan after)] of a pair: what Linux would do on the stock one, and what the patched one has for it."""
    stock, patched = (scans_of(i, logs[i], sizing) for i in pair)
    before = stock.get("ports") or stock.get("trapped")
    return [(NAMES[key], before, patched[key]) for key in ("direct", "table") if before and key in patched]
