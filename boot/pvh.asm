; PVH entry (Xen docs, misc/pvh.pandoc): 32-bit protected mode, paging off, ebx = physical address of hvm_start_info.
; This object is in the ELF image only, which runs where it is linked.

bits 32

extern boot_head, boot_long_mode
extern pvh_main
global pvh_start

; The ELF note that makes a VMM use this entry (XEN_ELFNOTE_PHYS32_ENTRY).
section .note.Xen note alloc noexec nowrite align=4
	dd 4, 8, 18
	db "Xen", 0
	dq pvh_start

section .text

pvh_start:
	cli
	cld
	mov ebp, boot_head
	mov esi, ebx
	mov ebx, pvh_go
	jmp boot_long_mode

bits 64
pvh_go:
	mov edi, esi                    ; also clears the upper half
	jmp pvh_main
