# shellcheck shell=bash
# shellcheck disable=SC2034  # for the tests
# What the tests under ordinary KVM share, beside what they take from the system tests.
load ../system/helpers

# In an inner host whose outer machine is emulated, nested guests are, too, and nothing in them shows it.
emulated='' nested_tcg=false
if grep -qw barometer.emulated /proc/cmdline; then
    emulated=' emulated' nested_tcg=true
fi

patched_or_skip() { [[ -x ${BAROMETER_PATCHED-} ]] || skip 'no patched QEMU'; }
