/*
 * Faults on purpose: that an exception is reported and ends the run as an ERROR, and that no page
 * is both writable and executable; on the vCPU that runs the tests and on another. Each runs only
 * when named in full.
 */
#include "session.h"
#include "test.h"

enum { INVALID_OPCODE, UNMAPPED_READ, WRITE_CODE, WRITE_CONSTANT, EXECUTE_DATA, STACK_OVERFLOW };

static const char constant[] = "constant";
static unsigned char data[] = {0xc3}; /* RET */

/* The compiler must not see that this never ends. */
static volatile bool endless = true;

/* NOLINTNEXTLINE(misc-no-recursion): on purpose. */
static unsigned overflow(unsigned depth)
{
	volatile unsigned char frame[512] = {0};

	return endless ? overflow(depth + 1) + frame[depth % sizeof(frame)] : 0;
}

static void make(unsigned which)
{
	/* Hidden from the compiler, which would warn of each. */
	volatile uintptr_t address = 0;

	switch (which) {
	case INVALID_OPCODE:
		__asm__ volatile("ud2");
		break;
	case UNMAPPED_READ:
		address = (uintptr_t)1 << 40;
		(void)*(volatile unsigned char *)address;
		break;
	case WRITE_CODE:
		address = (uintptr_t)make;
		*(volatile unsigned char *)address = 0;
		break;
	case WRITE_CONSTANT:
		address = (uintptr_t)constant;
		*(volatile unsigned char *)address = 0;
		break;
	case EXECUTE_DATA:
		address = (uintptr_t)data;
		((void (*)(void))address)();
		break;
	case STACK_OVERFLOW:
		overflow(0);
		break;
	}
}

static void fault(struct session *s, const struct test *test)
{
	make(test->variant);
	session_fail(s, "nothing stopped it");
}

struct elsewhere {
	unsigned vcpu, which;
};

static void on_that_one(void *context, unsigned vcpu)
{
	const struct elsewhere *e = context;

	if (vcpu == e->vcpu)
		make(e->which);
}

static void fault_elsewhere(struct session *s, const struct test *test)
{
	struct elsewhere e = {s->platform->vcpus - 1, test->variant};

	s->platform->run_together(s->platform->vcpus, on_that_one, &e);
	session_fail(s, "nothing stopped it");
}

TEST(.name = "trap.invalid-opcode", .flags = TEST_FATAL | TEST_NO_PCI, .run = fault,
     .variant = INVALID_OPCODE);
TEST(.name = "trap.unmapped-read", .flags = TEST_FATAL | TEST_NO_PCI, .run = fault,
     .variant = UNMAPPED_READ);
TEST(.name = "trap.write-code", .flags = TEST_FATAL | TEST_NO_PCI, .run = fault,
     .variant = WRITE_CODE);
TEST(.name = "trap.write-constant", .flags = TEST_FATAL | TEST_NO_PCI, .run = fault,
     .variant = WRITE_CONSTANT);
TEST(.name = "trap.execute-data", .flags = TEST_FATAL | TEST_NO_PCI, .run = fault,
     .variant = EXECUTE_DATA);
TEST(.name = "trap.stack-overflow", .flags = TEST_FATAL | TEST_NO_PCI, .run = fault,
     .variant = STACK_OVERFLOW);
TEST(.name = "trap.vcpu.invalid-opcode", .flags = TEST_FATAL | TEST_NO_PCI | TEST_NEEDS_VCPUS,
     .run = fault_elsewhere, .variant = INVALID_OPCODE);
TEST(.name = "trap.vcpu.stack-overflow", .flags = TEST_FATAL | TEST_NO_PCI | TEST_NEEDS_VCPUS,
     .run = fault_elsewhere, .variant = STACK_OVERFLOW);
