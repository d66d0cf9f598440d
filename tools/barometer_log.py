"""Reading a serial log of barometer: the one place that knows what may stand between the guest and a file.

The log is KTAP version 1 with one JSON object a line among it (docs/output.md). What a serial port delivers is not quite that:
firmware writes first, on the same line if it likes; terminals want escape sequences; UARTs, ssh and CI add carriage returns and
timestamps; and a machine that died wrote half a line. All that is either taken off here or refused with a reason that names the line.
"""

import json
import re

# ECMA-48: CSI and OSC sequences, then any other escape with its final byte.
ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-~]")
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# What CI systems put before each line of a log.
TIMESTAMP = re.compile(r"^\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?\]? ?")

START = "KTAP version 1"
PLAN = re.compile(r"^1\.\.(\d+)$")
RESULT = re.compile(r"^(not )?ok (\d+) (\S+)(?: # (SKIP|ERROR|XFAIL|XPASS|TODO|TIMEOUT)(?: (.*))?)?$")

# The diagnostic that run.sh puts at the end of a log when a signal ended the run.
INTERRUPTED = "# run.sh: interrupted by SIG"

OUTCOMES = ("pass", "fail", "error", "skip", "xfail")
STATUSES = ("pass", "fail", "error", "skip")


# What every object of a kind has (docs/output.md), as far as anything is made of it.
TEXT, NUMBER, YES, TEXTS, OBJECTS, PAIRS = "a text", "a number", "true or false", "a list of texts", "a list of objects", "a list of pairs"
_COUNTS = dict.fromkeys(("functions", "bars", "reads", "writes", "calls", "cycles"), NUMBER)
MEMBERS = {
    "env": {"version": TEXT, "boot": TEXT, "hypervisor": TEXT, "emulated": YES, "cpl": NUMBER, "tsc_khz": NUMBER, "paravirtual": TEXT, "ecam_reads": TEXT, "mcfg": OBJECTS},
    "function": {"segment": NUMBER, "bdf": TEXT, "vendor": TEXT, "device": TEXT, "class": TEXT, "header": NUMBER, "seen_by": TEXTS},
    "bar": {"segment": NUMBER, "bdf": TEXT, "index": NUMBER, "space": TEXT, "size": NUMBER, "address": TEXT, "sized_by": TEXTS},
    "access": {"path": TEXT, "op": TEXT, **dict.fromkeys(("n", "min", "p50", "p90", "p99", "max", "mad", "overhead"), NUMBER)},
    "scan": {"path": TEXT, "walk": TEXT, "sizing": TEXT, **_COUNTS},
    "sizing": {"path": TEXT, "strategy": TEXT, **_COUNTS},
    "rule": {"id": TEXT, "test": TEXT},
    "contention": {"mechanism": TEXT, "oversubscribed": YES,
                   **dict.fromkeys(("vcpus", "accesses", "cycles", "per_gcycle", "scaling", "least", "most", "p50", "p99"), NUMBER)},
    "parallel_scan": {"path": TEXT, "sizing": TEXT, **dict.fromkeys(("vcpus", "reads", "writes", "cycles", "ratio"), NUMBER)},
    "direct": {"present": YES, "bus": YES, **dict.fromkeys(("first", "last", "header", "low", "extended"), TEXT),
               **dict.fromkeys(("segment", "functions", "read", "first_read", "later_read"), NUMBER)},
    "cause": {"text": TEXT, "explains": TEXTS},
    "verdict": {"access": TEXT, "sizing": TEXT, "reason": TEXT},
    "done": {"status": TEXT},
}
# What some logs have besides.
OPTIONAL = {
    "env": {"vcpus": NUMBER, "roots": OBJECTS, "hypervisors": TEXTS},
    "access": {"width": NUMBER, "target": TEXT, "batch": NUMBER, "p50_milli": NUMBER, "log2": PAIRS},
    "scan": {"buses": NUMBER},
    "rule": {"informative": YES},
    "verdict": {**dict.fromkeys(("linux", "confidence", "linux_series", "linux_series_sizing"), TEXT),
                **dict.fromkeys(("linux_exits", "linux_exits_advertised", "linux_series_exits"), NUMBER)},
    "done": dict.fromkeys(("passed", "failed", "errors", "skipped", "xfailed"), NUMBER),
}


def _is(value, kind):
    if kind is NUMBER:
        return type(value) is int and 0 <= value < 1 << 64
    if kind is TEXT:
        return isinstance(value, str)
    if kind is YES:
        return isinstance(value, bool)
    if not isinstance(value, list):
        return False
    if kind is PAIRS:
        # Exponents of a 64-bit counter.
        return all(isinstance(v, list) and len(v) == 2 and all(_is(x, NUMBER) for x in v) and v[0] < 64 for v in value)
    return all(isinstance(v, str if kind is TEXTS else dict) for v in value)


class Refused(Exception):
    """The log is not a whole run; the text says why and where."""


class Result:
    """One `ok` or `not ok` line, with the diagnostics that came before it and after the previous one."""

    def __init__(self, line, number, name, outcome, reason, notes):
        self.line, self.number, self.name = line, number, name
        self.outcome, self.reason, self.notes = outcome, reason, notes


class Log:
    def __init__(self, path):
        self.path = path
        self.results = []
        self.objects = []  # (line, dict), in order
        self.notes = []  # (line, text) of every diagnostic, without "# "
        self.noise = []  # (line, text) inside the run that is none of the contract's
        self.plan = None
        self.done = None
        self.done_line = None
        self.cut = None  # why this is not a whole run; only with read(..., partial=True)

    def all(self, kind):
        """(line, object) of every object of a kind."""
        return [(line, o) for line, o in self.objects if o["kind"] == kind]

    def first(self, kind):
        """The first (line, object) of a kind, else (None, {})."""
        found = self.all(kind)
        return found[0] if found else (None, {})

    def count(self, outcome):
        return sum(r.outcome == outcome for r in self.results)


def clean_line(data):
    """One line's text, without what a terminal or a CI system put around it."""
    line = CONTROL.sub("", ESCAPE.sub("", data.decode("utf-8", "replace")))
    return TIMESTAMP.sub("", line).rstrip()


def clean_lines(data):
    """The log's text, a line at a time, numbered as an editor would number them."""
    for number, line in enumerate(data.split(b"\n"), 1):
        yield number, clean_line(line)


def interrupted_by(text):
    """'interrupted by SIGINT' of the line that run.sh ends such a log with; of others None."""
    return text.removeprefix("# run.sh: ") if text.startswith(INTERRUPTED) else None


def outcome_of(negative, directive):
    if directive == "SKIP":
        return "skip"
    if directive in ("ERROR", "TIMEOUT"):
        return "error"
    if directive in ("XFAIL", "TODO"):
        return "xfail"
    return "fail" if negative else "pass"


def _quote(text):
    return "'" + (text if len(text) <= 60 else text[:57] + "...") + "'"


class Reader:
    """Takes a log's lines one after the other; `log` holds what they said so far."""

    def __init__(self, path):
        self.log = Log(path)
        self.running = False
        self.pending = []

    def line(self, number, text):
        if START in text:
            if self.running:
                raise Refused(f"line {number}: a second run starts; give one run a file")
            at = text.index(START)
            # Firmware does not end its last line; what we print does.
            if text[at:] != START:
                return
            self.running = True
            return
        if not self.running or not text:
            return
        if self.log.done is not None:
            # Firmware speaks again after a reset. Our own lines must not come after the last one.
            if text.startswith('{"kind":') or RESULT.match(text):
                raise Refused(f"line {number}: goes on after the done object of line {self.log.done_line}: {_quote(text)}")
            return
        self.content(number, text)

    def content(self, number, text):
        log = self.log
        if text.startswith("{"):
            self.data(number, text)
        elif text.startswith("#"):
            note = text[2:] if text.startswith("# ") else text[1:]
            log.notes.append((number, note))
            self.pending.append((number, note))
        elif PLAN.match(text):
            if log.plan is not None:
                raise Refused(f"line {number}: a second plan")
            log.plan = int(PLAN.match(text)[1])
        elif RESULT.match(text):
            self.result(number, RESULT.match(text))
        elif text.startswith(("ok ", "not ok ")):
            raise Refused(f"line {number}: a result that cannot be read: {_quote(text)}")
        else:
            log.noise.append((number, text))

    def data(self, number, text):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            raise Refused(f"line {number}: not a whole JSON object: {_quote(text)}") from None
        if not isinstance(value, dict) or not isinstance(value.get("kind"), str):
            raise Refused(f"line {number}: a JSON object without a kind")
        self.check(number, value)
        self.log.objects.append((number, value))
        if value["kind"] == "done":
            self.log.done, self.log.done_line = value, number

    def check(self, number, value):
        """Whoever reads a log can then do so without a look at each type."""
        kind = value["kind"]
        optional = {member: what for member, what in OPTIONAL.get(kind, {}).items() if member in value}
        for member, what in {**MEMBERS.get(kind, {}), **optional}.items():
            found = value.get(member)
            if not _is(found, what):
                raise Refused(f"line {number}: the {kind} object's {member} is {_quote(json.dumps(found))}, not {what}")
        if kind == "access" and not (value["n"] and value.get("batch", 1)):
            raise Refused(f"line {number}: the access object has no samples")

    def result(self, number, match):
        log = self.log
        expected = len(log.results) + 1
        if int(match[2]) != expected:
            raise Refused(f"line {number}: result {match[2]} where {expected} should be; lines are missing")
        outcome = outcome_of(match[1], match[4])
        log.results.append(Result(number, expected, match[3], outcome, match[5] or "", self.pending))
        self.pending = []

    def check_end(self):
        """A run that says of itself that it is whole must also add up."""
        log = self.log
        if not self.running:
            raise Refused(f"no '{START}' line: not a log of barometer, or cut before its first line")
        if log.done is None:
            last = log.results[-1].name if log.results else "none"
            raise Refused(f"cut short: no done object (the last result is {last})")
        done = log.done
        if done.get("status") not in STATUSES:
            raise Refused(f"line {log.done_line}: the done object has no status that means anything")
        if log.plan is not None and log.plan != len(log.results) and done["status"] != "error":
            raise Refused(f"{log.plan} tests were planned, {len(log.results)} have a result")
        for outcome, key in zip(OUTCOMES, ("passed", "failed", "errors", "skipped", "xfailed")):
            found = log.count(outcome)
            if done.get(key, 0) != found:
                raise Refused(f"line {log.done_line}: done says {done.get(key)} {key}, the log has {found}; lines are missing")


def read(path, partial=False):
    """The Log in a file. Raises Refused; with partial, the broken log comes back with `cut` saying why."""
    try:
        with open(path, "rb") as file:
            data = file.read()
    except OSError as error:
        raise Refused(error.strerror or "cannot be read") from None
    reader = Reader(path)
    ended = data.endswith((b"\n", b"\r")) or b"\n" not in data
    lines = list(clean_lines(data))
    try:
        for number, text in lines:
            try:
                reader.line(number, text)
            except Refused:
                # Half a line at the very end needs no closer look.
                if number < len(lines) or ended:
                    raise
                raise Refused(f"cut short in the middle of line {number}: {_quote(text)}") from None
        reader.check_end()
    except Refused as why:
        # More to the point than where it broke off is what broke it off.
        ended = next(filter(None, (interrupted_by(text) for _, text in reversed(lines))), None)
        reader.log.cut = f"{ended}: {why}" if ended else str(why)
        if not partial:
            raise Refused(reader.log.cut) from None
    return reader.log


def name_access(o):
    """A name for an access object that is the same in every log."""
    name = f"{o.get('path')} {o.get('op')}"
    if o.get("width"):
        name += f" {o['width']} byte" + ("s" if o["width"] > 1 else "")
    if o.get("target") == "absent":
        name += ", absent"
    return name


def median_of(o):
    """An access object's median in cycles: to the thousandth where many operations make one sample, since there it means something."""
    return o["p50_milli"] / 1000 if o.get("batch", 1) > 1 and "p50_milli" in o else o["p50"]


def name_scan(o):
    """The same for a scan or sizing object."""
    if o["kind"] == "sizing":
        return "sizing paravirtual" if o.get("path") == "paravirtual" else f"sizing {o.get('strategy')} by {o.get('path')}"
    if o.get("path") == "paravirtual":
        return "scan paravirtual"
    sizing = "without sizing" if o.get("sizing") == "none" else f"with {o.get('sizing')} sizing"
    return f"scan {o.get('walk')} by {o.get('path')} {sizing}"
