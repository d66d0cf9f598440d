#!/usr/bin/env bats
# tools/report: the page. That nothing overlaps or is cut off is asked of a browser, where there is one.

# shellcheck disable=SC2016,SC2030,SC2031,SC2054,SC2154  # bats sets status and output, helpers the rest; QEMU's commas
bats_require_minimum_version 1.5.0
load helpers
load logs

pages=$BATS_FILE_TMPDIR/pages

# A page of every kind; the first log of "four" is run.log, too.
setup_file() {
    "$root/check/report-pages" --no-pictures "$pages"
    cp "$pages/logs/pass.log" "$(whole)"
    log=$BATS_FILE_TMPDIR/many.log boot --boot pvh --pv off --append 'tests=contention.* budget=1 reads=20' -- -smp 4
    ((status == 0))
}

# headline PAGE: its first sentence, as text.
headline() {
    sed -n 's/.*<p class="headline">\(.*\)/\1/p' "$pages/$1.html" | sed 's|</p>.*||; s/<[^>]*>//g; s/\xe2\x80\xaf/ /g'
}

@test "a page of every kind: its first sentence says what came of it, and of emulated cycles nothing" {
    local page counts='2,116 exits through ports, 1,058 through ECAM, and 1 by the BAR mask table'
    for page in pass fail error skip list pair four ten; do
        echo "$page: $(headline "$page")"
    done
    [[ $(headline pass) == "A whole scan takes $counts; the CPU was emulated, so counts decide and cycles do not." ]]
    [[ $(headline fail) == '1 test failed (sizing.agree). A whole scan takes '* ]]
    [[ $(headline error) == 'The harness or its environment failed in command-line, so no figure of this run can be trusted.'* ]]
    [[ $(headline skip) == 'Nothing here applied to this machine: every test was skipped.' ]]
    [[ $(headline list) == 'No whole scan was measured'* || $(headline list) == 'Nothing here applied'* ]]
    [[ $(headline pair) == 'Patched, a whole scan takes 288 exits through ECAM and 1 by the BAR mask table, instead of 2,116 through ports; the CPU was emulated'* ]]
    [[ $(headline four) == '1 failed of 4 runs. A whole scan takes from 1 exit '*' to 2,116 through ports; under emulation counts decide, cycles do not.' ]]
    [[ $(headline ten) == *' failed and 1 ended in an error of 10 runs. A whole'* ]]
    # On a machine that is not emulated time is said as well.
    sed 's/"emulated":true/"emulated":false/; s/"tsc_khz":[0-9]*/"tsc_khz":1000000/; /"scan","path":"pio","walk":"tree","sizing":"batched"/s/"cycles":[0-9]*/"cycles":5000000/' \
        "$(whole)" >"$BATS_TEST_TMPDIR/real.log"
    "$tools/report" -o "$pages/real.html" "$BATS_TEST_TMPDIR/real.log"
    [[ $(headline real) == 'A whole scan takes 2,116 exits (5 ms) through ports, '* ]]
}

@test "stock and patched: a pair where all else is the same, no pair on another host" {
    grep -q 'class="pair"' "$pages/pair.html"
    grep -q 'class="pair"' "$pages/four.html"
    run ! grep -q 'class="pair"' "$pages/pass.html"
    sed 's/"cpl":0/"cpl":3/' "$pages/logs/patched.log" >"$BATS_TEST_TMPDIR/other.log"
    "$tools/report" "$(whole)" "$BATS_TEST_TMPDIR/other.log" >"$BATS_TEST_TMPDIR/page.html"
    run ! grep -q 'class="pair"' "$BATS_TEST_TMPDIR/page.html"
}

@test "several logs: a column each, and what differs is marked" {
    run grep -o '<th scope="row" class="soft">[^<]*<span class="mark"' "$pages/four.html"
    [[ $output == *Result* && $output == *'ECAM reads'* && $output != *'Booted by'* ]]
    # The same log twice differs in nothing.
    "$tools/report" "$(whole)" "$(whole)" >"$BATS_TEST_TMPDIR/page.html"
    run ! grep -q 'class="mark"' "$BATS_TEST_TMPDIR/page.html"
    (($(grep -o 'aria-label="The logs, a column each">.*</thead>' "$pages/ten.html" | sed 's|</thead>.*||' | grep -o '<th scope="col">' | wc -l) == 11))
}

@test "self-contained: nothing is fetched, nothing is left to fill in" {
    run grep -nE '(src|href)="?(https?:|//)|@import|url\(|<link|\{\{' "$pages"/*.html
    [[ -z $output ]]
}

@test "well-formed: every element closed, every id there once, every figure leads to a line" {
    /usr/bin/python3 - "$pages"/*.html <<'END'
import sys
from html.parser import HTMLParser

class Check(HTMLParser):
    void = {"meta", "br", "rect", "path"}
    def __init__(self):
        super().__init__()
        self.open, self.ids, self.links = [], [], []
    def handle_starttag(self, tag, attributes):
        at = dict(attributes)
        if "id" in at: self.ids.append(at["id"])
        if tag == "a": self.links.append(at["href"])
        # A drawing says what it shows; its colour alone says nothing.
        if tag == "svg": assert at.get("aria-hidden") or at.get("aria-label"), self.getpos()
        if tag not in self.void: self.open.append(tag)
    def handle_startendtag(self, tag, attributes):
        pass
    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (self.getpos(), tag, self.open[-3:])
        self.open.pop()

for page in sys.argv[1:]:
    check = Check()
    check.feed(open(page, encoding="utf-8").read())
    assert not check.open, (page, check.open)
    assert len(check.ids) == len(set(check.ids)), page
    assert all(link[0] == "#" and link[1:] in check.ids for link in check.links), (page, [l for l in check.links if l[1:] not in check.ids])
assert len(sys.argv) > 8
END
}

# Each figure's text is to be found in the very line that its link names.
@test "figures of accesses, scans and functions are those of the line they lead to" {
    /usr/bin/python3 - "$pages/four.html" "$(whole)" <<'END'
import json, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
lines = open(sys.argv[2]).read().split("\n")
digits = lambda text: re.sub(r"\D", "", re.sub(r"\(.*?\)", "", re.sub(r"<[^>]*>", "", text)))
seen = 0
for time, line, text in re.findall(r'<a class="figure( time)?" href="#A-(\d+)"[^>]*>(.*?)</a>', page):
    source = lines[int(line) - 1]
    if not source.startswith('{"kind":'):
        continue
    o = json.loads(source)
    if time:
        assert digits(text) == str(o["cycles"]), (line, text)
    elif o["kind"] == "access":
        fine = format(o.get("p50_milli", 0) / 1000, ".3g") if o.get("batch", 1) > 1 else str(o["p50"])
        assert digits(text) == re.sub(r"\D", "", fine), (line, text)
    elif o["kind"] in ("scan", "sizing"):
        plain = o["reads"] + o["writes"] + o["calls"]
        allowed = {plain, plain + o["reads"] + o["writes"]} if o["path"] == "pio" else {plain}
        assert int(digits(text)) in allowed, (line, text, allowed)
    elif o["kind"] == "function":
        assert o["bdf"] in text or text == "{} and {}".format(*(sum(l.startswith(f'{{"kind":"{kind}"') for l in lines) for kind in ("function", "bar"))), (line, text)
    else:
        continue
    seen += 1
assert seen > 60, seen
END
}

@test "the map of what exits: a row a bus, and one for those that are not there" {
    "$tools/report" -o "$BATS_TEST_TMPDIR/page.html" "$(whole)"
    for name in 'bus 0'{0..6} '249 buses that are not there'; do
        grep -q "<th class=\"name\" scope=\"row\">$name</th>" "$BATS_TEST_TMPDIR/page.html"
    done
    grep -q 'Of 24 functions none is read without an exit' "$BATS_TEST_TMPDIR/page.html"
}

@test "throughput against vCPUs: a line a mechanism through three points, and where one vCPU ran nothing" {
    "$tools/report" -o "$BATS_TEST_TMPDIR/page.html" "$BATS_FILE_TMPDIR/many.log"
    (($(grep -o '<polyline [^>]*points="[^ "]* [^ "]* [^ "]*">' "$BATS_TEST_TMPDIR/page.html" | wc -l) == 4))
    grep -q 'in the time of one vCPU: 2 vCPUs ' "$BATS_TEST_TMPDIR/page.html"
    "$tools/report" -o "$BATS_TEST_TMPDIR/page.html" "$(whole)"
    run ! grep -q '<polyline' "$BATS_TEST_TMPDIR/page.html"
}

@test "what a log says is text, never markup" {
    sed 's/"hypervisor":"[^"]*"/"hypervisor":"<script>alert(1)<\/script>{{cost}}"/' "$(whole)" >"$BATS_TEST_TMPDIR/<b>evil&.log"
    "$tools/report" -o "$BATS_TEST_TMPDIR/evil.html" "$BATS_TEST_TMPDIR/<b>evil&.log"
    run grep -cE '<script>alert|<b>evil' "$BATS_TEST_TMPDIR/evil.html"
    [[ $output == 0 ]]
}

@test "a run that failed shows its evidence, one with a dump leaves it out" {
    "$tools/report" -o "$BATS_TEST_TMPDIR/page.html" "$(broken)"
    grep -q 'FAIL</a>' "$BATS_TEST_TMPDIR/page.html"
    grep -q 'lean says &lt;8192&gt; &amp; &quot;more&quot;' "$BATS_TEST_TMPDIR/page.html"
    boot --boot pvh --pv off --append tests=dump
    "$tools/report" -o "$BATS_TEST_TMPDIR/page.html" "$log"
}

@test "a likely cause is on the page, with what it explains" {
    sed '/^{"kind":"done"/i {"kind":"cause","text":"BARs are <not> what they were","explains":["rule.bar.shape","sizing.agree"]}' \
        "$(broken)" >"$BATS_TEST_TMPDIR/cause.log"
    "$tools/report" -o "$BATS_TEST_TMPDIR/page.html" "$BATS_TEST_TMPDIR/cause.log"
    run sed -n 's/<[^>]*>//g; s/.*\(Likely cause: [^.]*\..*\)/\1/p' "$BATS_TEST_TMPDIR/page.html"
    [[ $output == 'Likely cause: BARs are &lt;not&gt; what they were. It explains rule.bar.shape, sizing.agree.'* ]]
}

@test "--markdown: 72 columns of ASCII with both tables and the command that repeats it" {
    local markdown=$BATS_TEST_TMPDIR/text.md
    "$tools/report" --markdown "$(whole)" >"$markdown"
    cat "$markdown"
    grep -qE '^\| ports, batched +\| +2,116 \|' "$markdown"
    grep -qE '^\| pio read 4 bytes +\| ' "$markdown"
    grep -qx '    ./run.sh --accel tcg --boot pvh' "$markdown"
    run ! grep -qE '\| time' "$markdown"
    "$tools/report" --markdown -o "$markdown" "$pages/logs/pass.log" "$pages/logs/patched.log"
    grep -qE '^\| B +\| ECAM, direct reads +\| +288 \| +14 % \|' "$markdown"
    grep -q 'build-qemu' "$markdown"
    # Command lines hold in a shell.
    sed -n 's/^    //p' "$markdown" | bash -n
    "$tools/report" --markdown --command 'barometer run --accel kvm' --host 'Linux 6.12' "$pages/logs/fail.log" >"$markdown"
    grep -qx '    barometer run --accel kvm' "$markdown"
    grep -qx -- '- Host: Linux 6.12' "$markdown"
    grep -q '^- sizing.agree (line ' "$markdown"
    # Every kind, and whatever a hostile log holds.
    sed 's/"hypervisor":"[^"]*"/"hypervisor":"\\u001b[31mred\\n|x"/; s/"op":"read"/"op":"'"$(printf 'o%.0s' {1..200})"'"/' "$(whole)" >"$BATS_TEST_TMPDIR/evil.log"
    for given in "$pages"/logs/*.log "$BATS_TEST_TMPDIR/evil.log"; do
        "$tools/report" --markdown "$given" >>"$markdown"
    done
    "$tools/report" --markdown "$pages"/logs/*.log >>"$markdown"
    run grep -nE '.{73}' "$markdown"
    [[ -z $output ]]
    run env LC_ALL=C grep -nP '[^\x20-\x7e]' "$markdown"
    [[ -z $output ]]
    run "$tools/report" --host x "$(whole)"
    ((status == 2))
}

@test "a log cut short is refused by name" {
    run --separate-stderr "$tools/report" "$(whole)" "$(cut_short)"
    ((status == 2))
    [[ -z $output && $stderr == *'cut.log: refused: cut short'* ]]
}

# bats test_tags=long
@test "in Chromium at 320, 390, 768 and 1280 pixels: no overlap, nothing sticks out, all can be read, every figure leads somewhere" {
    command -v chromium >/dev/null || skip 'no chromium'
    run "$tools/screenshot-report" "$pages/pair.html" "$BATS_TEST_TMPDIR/shots"
    echo "$output"
    ((status == 0))
    for picture in desktop-light desktop-dark phone-light phone-dark; do
        [[ $(head -c 4 "$BATS_TEST_TMPDIR/shots/$picture.png" | tail -c 3) == PNG ]]
    done
    # Light and dark are not the same picture.
    run ! cmp -s "$BATS_TEST_TMPDIR/shots/phone-light.png" "$BATS_TEST_TMPDIR/shots/phone-dark.png"
}
