/*
 * SPDX-License-Identifier: BSD-2-Clause
 *
 * LD_PRELOADed, makes a KVM claim 24 memory slots (KVM_CHECK_EXTENSION of KVM_CAP_NR_MEMSLOTS),
 * where it has hundreds or thousands: test_few_slots of test_patches.py. All other requests go to
 * the ioctl() of the next library.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <linux/kvm.h>
#include <stdarg.h>

int ioctl(int fd, unsigned long request, ...);

int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, ...) =
	    (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
	va_list list;
	unsigned long argument;

	va_start(list, request);
	argument = va_arg(list, unsigned long);
	va_end(list);
	if (request == KVM_CHECK_EXTENSION && argument == KVM_CAP_NR_MEMSLOTS)
		return 24;
	return next(fd, request, argument);
}
