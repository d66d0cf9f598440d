; From a boot path's stack, wherever that is, to ours.

bits 64
default rel

extern kernel_main
global kernel_enter, stack_guard, stack_bottom, stack_top

section .text

; void kernel_enter(struct handoff *) in rdi.
kernel_enter:
	cli
	cld
	lea rsp, [stack_top]
	xor ebp, ebp            ; where backtraces end
	call kernel_main
	ud2                     ; kernel_main does not return

section .bss nobits alloc noexec write align=4096

stack_guard:    resb 4096       ; never mapped: an overflow is a page fault, not silence
stack_bottom:   resb 64 * 1024
stack_top:
