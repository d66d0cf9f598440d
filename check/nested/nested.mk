# The nested laboratory: an ordinary Debian with ordinary KVM inside one QEMU. Included by the Makefile.

.PHONY: lab lab-shell test-nested

# The inner host, in the cache; the last line is its folder.
lab:
	@check/nested/build

lab-shell: all
	@check/nested/lab shell

# Every way to boot under ordinary KVM, and the exits as KVM counts them. ARGS='check/nested/exits.bats', --write, --here.
test-nested: all
	@check/nested/run $(ARGS)
