#!/usr/bin/env bats
# tools/report: the page. That nothing overlaps or is cut off is asked of a browser, where there is one.

# shellcheck disable=SC2016,SC2030,SC2031,SC2054,SC2154  # bats sets status and output, helpers the rest; QEMU's commas
bats_require_minimum_version 1.5.0
load helpers
load logs

setup_file() {
    make_log
    log=$BATS_FILE_TMPDIR/pc.log boot --boot pvh --machine pc --pv off --append 'budget=1'
    ((status == 0))
    log=$BATS_FILE_TMPDIR/many.log boot --boot pvh --pv off --append 'tests=contention.* budget=1 reads=20' -- -smp 4
    ((status == 0))
    "$tools/report" -o "$BATS_FILE_TMPDIR/page.html" "$(whole)" "$BATS_FILE_TMPDIR/pc.log" "$BATS_FILE_TMPDIR/many.log"
}

@test "self-contained: nothing is fetched, nothing is left to fill in" {
    run grep -nE '(src|href)="?(https?:|//)|@import|url\(|<link|\{\{' "$BATS_FILE_TMPDIR/page.html"
    [[ -z $output ]]
}

@test "well-formed: every element closed, every id there once, every figure leads to a line" {
    /usr/bin/python3 - "$BATS_FILE_TMPDIR/page.html" <<'END'
import sys
from html.parser import HTMLParser

class Check(HTMLParser):
    void = {"meta", "br"}
    open, ids, links = [], [], []
    def handle_starttag(self, tag, attributes):
        at = dict(attributes)
        if "id" in at: self.ids.append(at["id"])
        if tag == "a": self.links.append(at["href"])
        if tag not in self.void: self.open.append(tag)
    def handle_startendtag(self, tag, attributes):
        pass
    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (self.getpos(), tag, self.open[-3:])
        self.open.pop()

check = Check()
check.feed(open(sys.argv[1], encoding="utf-8").read())
assert not check.open, check.open
assert len(check.ids) == len(set(check.ids))
assert all(link[0] == "#" and link[1:] in check.ids for link in check.links), [l for l in check.links if l[1:] not in check.ids]
assert len(check.links) > 100
END
}

# Each figure's text is to be found in the very line that its link names.
@test "figures of accesses, scans and functions are those of the line they lead to" {
    /usr/bin/python3 - "$BATS_FILE_TMPDIR/page.html" "$(whole)" <<'END'
import json, re, sys
page = open(sys.argv[1], encoding="utf-8").read()
lines = open(sys.argv[2]).read().split("\n")
digits = lambda text: re.sub(r"\D", "", re.sub(r"\(.*?\)", "", re.sub(r"<[^>]*>", "", text)))
seen = 0
for line, text in re.findall(r'<a class="figure" href="#A-(\d+)"[^>]*>(.*?)</a>', page):
    source = lines[int(line) - 1]
    if not source.startswith('{"kind":'):
        continue
    o = json.loads(source)
    if o["kind"] == "access":
        fine = format(o.get("p50_milli", 0) / 1000, ".3g") if o.get("batch", 1) > 1 else str(o["p50"])
        assert digits(text) == re.sub(r"\D", "", fine), (line, text)
    elif o["kind"] in ("scan", "sizing"):
        plain = o["reads"] + o["writes"] + o["calls"]
        allowed = {plain, plain + o["reads"] + o["writes"]} if o["path"] == "pio" else {plain}
        assert int(digits(text)) in allowed, (line, text, allowed)
    elif o["kind"] == "function":
        assert o["bdf"] in text, (line, text)
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

@test "a run that failed, one with an option that was not understood, one that lists, one with a dump" {
    "$tools/report" -o "$BATS_TEST_TMPDIR/page.html" "$(broken)"
    grep -q 'FAIL</a>' "$BATS_TEST_TMPDIR/page.html"
    grep -q 'lean says &lt;8192&gt; &amp; &quot;more&quot;' "$BATS_TEST_TMPDIR/page.html"
    for given in nonsense list tests=dump; do
        boot --boot pvh --pv off --append "$given"
        "$tools/report" -o "$BATS_TEST_TMPDIR/page.html" "$log"
    done
}

@test "a log cut short is refused by name" {
    run --separate-stderr "$tools/report" "$(whole)" "$(cut_short)"
    ((status == 2))
    [[ -z $output && $stderr == *'cut.log: refused: cut short'* ]]
}

@test "in Chromium at 320, 390, 768 and 1280 pixels: no overlap, nothing sticks out, every figure leads somewhere" {
    command -v chromium >/dev/null || skip 'no chromium'
    run "$tools/screenshot-report" "$BATS_FILE_TMPDIR/page.html" "$BATS_TEST_TMPDIR/shots"
    echo "$output"
    ((status == 0))
    for picture in desktop-light desktop-dark phone-light phone-dark; do
        [[ $(head -c 4 "$BATS_TEST_TMPDIR/shots/$picture.png" | tail -c 3) == PNG ]]
    done
    # Light and dark are not the same picture.
    run ! cmp -s "$BATS_TEST_TMPDIR/shots/phone-light.png" "$BATS_TEST_TMPDIR/shots/phone-dark.png"
}
