#!/usr/bin/env bats
# tools/compare: a gate on rules and counts, and no judge of timing.

# shellcheck disable=SC2016,SC2030,SC2031,SC2054,SC2154  # bats sets status and output, helpers the rest; QEMU's commas
bats_require_minimum_version 1.5.0
load helpers
load logs

setup_file() { make_log; }

compare() { run --separate-stderr "$tools/compare" "$@"; }

changed() { # SED-SCRIPT
    sed "$1" "$(whole)" >"$BATS_TEST_TMPDIR/changed.log"
    echo "$BATS_TEST_TMPDIR/changed.log"
}

@test "the same log twice: nothing, status 0" {
    compare "$(whole)" "$(whole)"
    ((status == 0))
    [[ -z $output && -z $stderr ]]
    # Nor is what the log went through on its way any change.
    compare "$(whole)" "$(noisy)"
    ((status == 0))
    [[ -z $output ]]
}

@test "one rule broken: named with its diagnostic, status 1; mended: status 0" {
    compare "$(whole)" "$(broken)"
    ((status == 1))
    [[ $output == *'WORSE  sizing.agree: pass -> fail: FAIL: 00:04.0 BAR 1'* ]]
    compare "$BATS_TEST_TMPDIR/broken.log" "$(whole)"
    ((status == 0))
    [[ $output == *'sizing.agree: fail -> pass'* ]]
}

@test "a truncated log: refused by name, status 2, on either side" {
    compare "$(whole)" "$(cut_short)"
    ((status == 2))
    [[ $stderr == *"$BATS_TEST_TMPDIR/cut.log: refused: cut short"* ]]
    compare "$(cut_short)" "$(whole)"
    ((status == 2))
}

@test "one access more: status 1; one less: said, status 0" {
    more=$(changed '/"kind":"scan".*"path":"pio".*"sizing":"lean"/s/"reads":/"reads":1/')
    compare "$(whole)" "$more"
    ((status == 1))
    [[ $output == *'WORSE  scan tree by pio with lean sizing: reads '* ]]
    compare "$more" "$(whole)"
    ((status == 0))
    [[ $output == *'scan tree by pio with lean sizing: reads '* ]]
}

@test "a function that is gone from a scan: status 1; a rule that is gone: status 1" {
    compare "$(whole)" "$(changed '/"kind":"scan".*"path":"pio".*"sizing":"lean"/s/"functions":24/"functions":23/')"
    ((status == 1))
    [[ $output == *'functions 24 -> 23'* ]]
    compare "$(whole)" "$(changed 's/^ok \([0-9]*\) enumerate.agree/ok \1 enumerate.renamed/')"
    ((status == 1))
    [[ $output == *'enumerate.agree: pass -> gone'* && $output == *'enumerate.renamed: new, pass'* ]]
}

@test "cycles: a ratio with its interval, no verdict unless asked for" {
    slow=$(changed '/"path":"pio","op":"read","width":4,"target":"present"/{s/"p50":[0-9]*/"p50":10000/;s/"mad":[0-9]*/"mad":100/;s/"n":[0-9]*/"n":400/;s/"batch":[0-9]*/"batch":1/}')
    fast=$BATS_TEST_TMPDIR/fast.log
    sed 's/"p50":10000,/"p50":5000,/;s/"mad":100,/"mad":50,/' "$slow" >"$fast"
    compare "$fast" "$slow"
    ((status == 0))
    # sigma is 148, the median's error 1.2533 * 148 / 20 = 9.3, or 0.093 %; of two of them 0.131 %, times 1.96 is 0.26 %.
    [[ $output == *'2.000 [1.995, 2.005]  pio read 4 bytes: 5000 -> 10000'* ]]
    compare --slower 1.9 "$fast" "$slow"
    ((status == 1))
    [[ $output == *'WORSE  2.000'* ]]
    compare --slower 2 "$fast" "$slow"
    ((status == 0))
}

# ---- repeated boots -------------------------------------------------------------------------------------------------

# boots SIDE NUMBER FACTOR: that many boots of whole, all cycles within 2 %, those of ECAM's scans and accesses by the factor.
boots() {
    /usr/bin/python3 - "$(whole)" "$BATS_TEST_TMPDIR/$1" "$2" "$3" <<'END'
import json, random, sys
source, to, number, factor = sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])
random.seed(to.rsplit("/", 1)[1])
for n in range(number):
    with open(f"{to}{n}.log", "w") as file:
        for line in open(source):
            if line.startswith(('{"kind":"scan"', '{"kind":"sizing"', '{"kind":"access"')):
                o = json.loads(line)
                by = random.uniform(0.99, 1.01) * (factor if o["path"] == "ecam" else 1)
                for key in ("cycles", "p50", "p50_milli"):
                    if key in o: o[key] = round(1000 * o[key] * by)
                line = json.dumps(o, separators=(",", ":")) + "\n"
            file.write(line)
END
}

many() { compare --old "$BATS_TEST_TMPDIR"/a*.log --new "$BATS_TEST_TMPDIR"/b*.log; }

@test "the test's p is the share of all splits at least as uneven, ties and all" {
    PYTHONPATH=$tools /usr/bin/python3 -B - <<'END'
import itertools, random
import barometer_boots as boots
random.seed(1)
for _ in range(200):
    n, m = random.randint(1, 5), random.randint(1, 5)
    a, b = ([random.randint(1, 6) for _ in range(k)] for k in (n, m))
    u = lambda x, y: sum((p > q) + (p == q) / 2 for p in x for q in y)
    pool, middle = a + b, n * m / 2
    splits = list(itertools.combinations(range(n + m), n))
    seen = abs(u(a, b) - middle)
    uneven = sum(abs(u([pool[i] for i in s], [pool[i] for i in range(n + m) if i not in s]) - middle) >= seen - 1e-9 for s in splits)
    assert abs(boots.p_value(a, b) - uneven / len(splits)) < 1e-12, (a, b)
assert boots.p_value([1, 2, 3], [4, 5, 6]) == 0.1
# From the tables: for 5 and 5 the interval leaves out 2 ratios at each end, for 4 and 4 none.
ratio, low, high = boots.ratio_interval([1] * 5, [100, 101, 102, 103, 104])
assert (ratio, low, high) == (102, 100, 104)
assert boots.ratio_interval([1, 2, 3], [4, 5, 6])[1:] == (None, None)
assert boots.p_value(list(range(30)), list(range(30, 60))) > 0
# One in twenty of what is called different, at most: 1 of 20 at 0.04 is chance, 20 of 20 are not.
assert boots.discoveries([0.04] + [0.5] * 19) == 0 and boots.discoveries([0.04] * 20) == 0.04
END
}

@test "repeated boots: what differs by more than boots do is told from what does not" {
    boots a 5 1
    boots b 5 0.5
    many
    ((status == 0))
    echo "$output"
    part() { sed -n "/$1/,/^[^ ]/p" <<<"$output"; }
    part 'differ by more than boots of one thing do (5 against 5 boots)' | grep -q '0.5 \[0.4.*scan tree by ecam with lean sizing'
    part 'no difference seen' | grep -q 'scan tree by pio with lean sizing'
    run ! grep -q 'by pio' <(part 'differ by more')
    # The other way round it is slower, which is worse only if asked for.
    compare --old "$BATS_TEST_TMPDIR"/b*.log --new "$BATS_TEST_TMPDIR"/a*.log --slower 1.9
    ((status == 1))
    compare --old "$BATS_TEST_TMPDIR"/b*.log --new "$BATS_TEST_TMPDIR"/a*.log --slower 2.1
    ((status == 0))
}

@test "three boots against three: too few to tell, however far apart" {
    boots a 3 1
    boots b 3 0.1
    many
    ((status == 0))
    [[ $output == *'too few boots to tell (3 against 3; 4 against 4 can)'* && $output != *'differ by more'* ]]
}

@test "repeated boots: the worst of each side counts, what is not steady is said, a bad log is refused" {
    boots a 4 1
    boots b 4 1
    failed_run "$BATS_TEST_TMPDIR/b2.log" >"$BATS_TEST_TMPDIR/b9.log"
    many
    ((status == 1))
    [[ $output == *'WORSE  sizing.agree: pass -> fail: FAIL'*'of b9.log'* ]]
    [[ $output == *'not the same in all boots of new'*'sizing.agree: 4 pass, 1 fail of 5 boots'* ]]
    # Had it failed in one of the old ones as well, it would be no news.
    cp "$BATS_TEST_TMPDIR/b9.log" "$BATS_TEST_TMPDIR/a9.log"
    many
    ((status == 0))
    sed -i '/"kind":"scan".*"path":"pio".*"sizing":"lean"/s/"reads":/"reads":1/' "$BATS_TEST_TMPDIR/b1.log"
    many
    ((status == 1))
    [[ $output == *'WORSE  scan tree by pio with lean sizing: reads '* && $output == *'scan tree by pio with lean sizing: accesses, or what was found, vary'* ]]
    head -c 3000 "$(whole)" >"$BATS_TEST_TMPDIR/b5.log"
    many
    ((status == 2))
    [[ $stderr == *'b5.log: refused: cut short'* ]]
}

@test "half a command line is refused" {
    for words in '' one '--old one' 'one two --old three --new four' 'one --new two'; do
        # shellcheck disable=SC2086  # words
        compare $words
        ((status == 2))
        [[ $stderr == *usage:* ]]
    done
}
