/* Where the linker put things (linker.ld); page aligned. */
#ifndef BAROMETER_KERNEL_IMAGE_H
#define BAROMETER_KERNEL_IMAGE_H

extern char image_start[], image_text[], image_rodata[], image_data[], image_end[];

/* The kernel's stack, with a page below it that stays unmapped (kernel/enter.asm). */
extern char stack_guard[], stack_bottom[], stack_top[];

#endif
