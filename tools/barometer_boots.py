"""Repeated boots of one thing against repeated boots of another: which figures differ by more than boots of the same thing do.

The sample is the boot. What one boot's samples say of its own median is far narrower than what two boots of the same thing differ
by, so here each boot gives one number for each figure. Few boots follow no known distribution, so the test asks for none: Mann and
Whitney's, by exact enumeration, ties with mid-ranks. Many figures are tested at once; Benjamini and Hochberg's rule keeps it to one
chance finding in twenty among those that are called different.
"""

import functools
import math
import os
import statistics
import struct

import barometer_log

LEVEL = 0.05
MOST = 30  # boots a side: the number of ways to share out 60 boots fits in 64 bits


@functools.lru_cache(maxsize=256)
def rank_sums(ranks, chosen):
    """[n]: in how many ways `chosen` of these whole numbers add up to n."""
    # Polynomials whose coefficients are 64-bit digits of one large number: counting[k] has those of k numbers.
    counting = [1] + [0] * chosen
    for rank in ranks:
        for k in range(chosen, 0, -1):
            counting[k] += counting[k - 1] << (64 * rank)
    length = sum(ranks) + 1
    return struct.unpack(f"<{length}Q", counting[chosen].to_bytes(8 * length, "little"))


def double_ranks(values):
    """Twice the rank of each value, so that the mean of two neighbours is whole; equal values share theirs."""
    order = sorted(values)
    first = {value: order.index(value) for value in order}
    count = {value: order.count(value) for value in order}
    return [2 * first[value] + count[value] + 1 for value in values]


def p_value(a, b):
    """The chance of a split at least as uneven, either way, were all of them boots of one thing."""
    ranks = double_ranks(a + b)
    ways = rank_sums(tuple(sorted(ranks)), len(a))
    mean = len(a) * (len(a) + len(b) + 1)
    distance = abs(sum(ranks[: len(a)]) - mean)
    return sum(n for total, n in enumerate(ways) if abs(total - mean) >= distance) / math.comb(len(a) + len(b), len(a))


def least_p(n, m):
    """What p can be at best: every boot of one side below every one of the other."""
    return 2 / math.comb(n + m, n)


def ratio_interval(a, b):
    """(ratio, low, high) of b to a: the median of all ratios between a boot of each, and the exact 95 % interval that belongs to the
    test; None for its ends where there are too few boots for one."""
    ratios = sorted(y / x for x in a for y in b)
    ways = rank_sums(tuple(range(2, 2 * (len(a) + len(b)) + 1, 2)), len(a))
    least, seen, cut = len(a) * (len(a) + 1), 0, 0
    limit = LEVEL / 2 * math.comb(len(a) + len(b), len(a))
    while (seen := seen + ways[least + 2 * cut]) <= limit:
        cut += 1
    low, high = (ratios[cut - 1], ratios[-cut]) if cut else (None, None)
    return statistics.median(ratios), low, high


def discoveries(p_values):
    """How small p must be to count, by Benjamini and Hochberg; 0 if none is."""
    ordered = sorted(p_values)
    passed = [p for n, p in enumerate(ordered, 1) if p <= LEVEL * n / len(ordered)]
    return max(passed, default=0)


def figures(logs):
    """{name: [cycles of each boot that has it]}: medians of accesses, and of whole passes."""
    found = {}
    for log in logs:
        for kind, name, value in (
            ("access", barometer_log.name_access, barometer_log.median_of),
            ("scan", barometer_log.name_scan, lambda o: o.get("cycles")),
            ("sizing", barometer_log.name_scan, lambda o: o.get("cycles")),
        ):
            for _, o in log.all(kind):
                if value(o):
                    found.setdefault(name(o), []).append(value(o))
    return found


def spread_text(values):
    """A side's middle, and how far its boots are apart in per cent of that."""
    middle = statistics.median(values)
    return f"{middle:,.0f}" + (f" ({middle:.4g})" if middle < 100 else "") + f" within {100 * (max(values) - min(values)) / middle:.1f} %"


def compare(olds, news, changes, slower):
    """Add what there is to say to `changes`, a section for each kind of answer."""
    before, after = figures(olds), figures(news)
    found = {name: (p_value(before[name], after[name]), *ratio_interval(before[name], after[name])) for name in before if name in after}
    limit = discoveries([p for p, *_ in found.values()])
    need = next(n for n in range(2, MOST + 1) if least_p(n, n) <= LEVEL)
    what = "cycles, new/old [95 % interval]"
    differ, chance, few, alike = [], [], [], []
    for name, (p, ratio, low, high) in found.items():
        a, b = before[name], after[name]
        text = f"{ratio:.3g} [{low:.3g}, {high:.3g}]" if low else f"{ratio:.3g} [?]"
        text += f"  {name}: {spread_text(a)} -> {spread_text(b)}, p {p:.2g}"
        answer = few if least_p(len(a), len(b)) > LEVEL else differ if p <= limit else chance if p <= LEVEL else alike
        answer.append((text, answer is differ and slower is not None and low is not None and low > slower))
    for section, lines in (
        (f"{what}: differ by more than boots of one thing do ({len(olds)} against {len(news)} boots)", differ),
        (f"{what}: too few boots to tell from what chance does to one of {len(found)} figures", chance),
        (f"cycles, new/old: too few boots to tell ({len(olds)} against {len(news)}; {need} against {need} can)", few),
        (f"{what}: no difference seen, which is not to say that there is none", alike),
    ):
        for text, worse in lines:
            changes.add(section, text, worse)
    for name in before.keys() ^ after.keys():
        changes.add("cycles of one side only", f"{name}: {'gone' if name in before else 'new'}")
    if any(log.first("env")[1].get("emulated") for log in olds + news):
        changes.add("environment", "the CPU was emulated: what differs in cycles is the emulator, or the load of its host")


# ---- several logs as one -------------------------------------------------------------------------------------------------


def worst_of(logs, rank, everywhere):
    """A log that is the worst of several in every result and count, so that whoever compares it compares the worst of both sides. With
    `everywhere` a result that one of them lacks is lacking."""
    merged = barometer_log.Log(", ".join(log.path for log in logs))
    results, objects = {}, {}
    for log in logs:
        name = os.path.basename(log.path)
        for r in log.results:
            # As the comparison prints it: "line 12 of a.log".
            r = barometer_log.Result(f"{r.line} of {name}", r.number, r.name, r.outcome, r.reason, r.notes)
            results.setdefault(r.name, []).append(r)
        for line, o in log.objects:
            if o["kind"] in ("scan", "sizing"):
                objects.setdefault((o["kind"], barometer_log.name_scan(o)), []).append((f"{line} of {name}", o))
    merged.results = [max(rs, key=lambda r: rank[r.outcome]) for rs in results.values() if len(rs) == len(logs) or not everywhere]
    worst = [max(them, key=lambda x: (-x[1].get("functions", 0), -x[1].get("bars", 0), sum(x[1].get(k, 0) for k in ("reads", "writes", "calls")))) for them in objects.values()]
    of_first = [(f"{line} of {os.path.basename(logs[0].path)}", o) for line, o in logs[0].objects if o["kind"] not in ("scan", "sizing")]
    merged.objects = of_first + worst
    return merged


def unsteady(logs, side, changes):
    """What boots of the same thing should have in common, and have not."""
    section = f"not the same in all boots of {side}"
    outcomes, counts = {}, {}
    for log in logs:
        for r in log.results:
            outcomes.setdefault(r.name, []).append(r.outcome)
        for _, o in log.all("scan") + log.all("sizing"):
            counts.setdefault(barometer_log.name_scan(o), []).append(tuple(o.get(k) for k in ("functions", "bars", "reads", "writes", "calls")))
    for name, them in outcomes.items():
        if len(set(them)) > 1 or len(them) < len(logs):
            changes.add(section, f"{name}: " + ", ".join(f"{them.count(o)} {o}" for o in dict.fromkeys(them)) + f" of {len(logs)} boots")
    for name, them in counts.items():
        if len(set(them)) > 1:
            changes.add(section, f"{name}: accesses, or what was found, vary")
    envs = [log.first("env")[1] for log in logs]
    for key in sorted(set().union(*envs) - {"tsc_khz", "cpl_reason"}):
        values = dict.fromkeys(str(env.get(key)) for env in envs)
        if len(values) > 1:
            changes.add(section, f"{key}: {', '.join(values)}")
    machines = {str([(o["segment"], o["bdf"], o["vendor"], o["device"]) for _, o in log.all("function")]) for log in logs}
    if len(machines) > 1:
        changes.add(section, "functions: this is not one machine")
