; PVH entry (Xen docs, misc/pvh.pandoc): 32-bit protected mode, paging off, ebx = physical address of hvm_start_info.
; From there to long mode and pvh_main(). This object is in the PVH image only, which runs where it is linked.

bits 32

extern pvh_main
extern stack_top

; The ELF note that makes a VMM use this entry (XEN_ELFNOTE_PHYS32_ENTRY).
section .note.Xen note alloc noexec nowrite align=4
	dd 4, 8, 18
	db "Xen", 0
	dq pvh_start

section .text

global pvh_start
pvh_start:
	cli
	cld
	mov esp, stack_top
	mov eax, boot_pml4
	mov cr3, eax
	mov eax, cr4
	or eax, 1 << 5                  ; PAE
	mov cr4, eax
	mov ecx, 0xc0000080             ; EFER
	rdmsr
	or eax, 1 << 8                  ; LME
	wrmsr
	mov eax, cr0
	or eax, 1 << 31                 ; PG
	mov cr0, eax
	lgdt [boot_gdt_pointer]
	jmp 0x08:long_mode

bits 64
long_mode:
	mov eax, 0x10
	mov ss, eax
	mov ds, eax
	mov es, eax
	xor ebp, ebp
	mov edi, ebx                    ; also clears the upper half
	call pvh_main
	ud2

section .rodata

align 8
boot_gdt:
	dq 0
	dq 0x00af9b000000ffff           ; 64-bit code
	dq 0x00cf93000000ffff           ; data
boot_gdt_pointer:
	dw $ - boot_gdt - 1
	dd boot_gdt

; The first GiB, identity mapped, until the kernel has tables of its own. Written out here, not by code: on a
; hypervisor that emulates ring 0 each instruction of a loop costs microseconds.
section .data align=4096

boot_pml4:
	dq boot_pdpt + 3
	times 511 dq 0
boot_pdpt:
	dq boot_pd + 3
	times 511 dq 0
boot_pd:
%assign page 0
%rep 512
	dq page * 0x200000 + 0x83
%assign page page + 1
%endrep
