; The first bytes of the images that a loader enters directly: the two entries of the Linux boot protocol
; (Documentation/arch/x86/boot.rst, "32-bit boot protocol", "64-bit boot protocol"), and what they and PVH share, the
; way to long mode and to C. None of it knows where it was loaded: barometer.bz runs anywhere below 4 GiB.

%include "boot/long_mode.inc"

bits 32

extern linux_main
extern stack_top
extern rela_start, rela_end
global boot_head, boot_long_mode, linux_entry64

BOOT_PARAMS_SCRATCH equ 0x1e4           ; 4 bytes that the entry may write
ENTRY64             equ 0x200           ; where the protocol puts the 64-bit entry
CODE64              equ 0x08
DATA                equ 0x10
CR4_LA57            equ 12

; Everything here is one section, so that one address tells all others.
section .head progbits alloc exec nowrite align=4096

; Fills in what the tables at hand must know of where they are. %1: ebp or rbp, which holds boot_head's address; the same
; instructions in either mode. Changes eax.
%macro place_tables 1
	lea eax, [%1 + boot_pml4 - boot_head + 3]
	mov [%1 + boot_pml5 - boot_head], eax
	lea eax, [%1 + boot_pdpt - boot_head + 3]
	mov [%1 + boot_pml4 - boot_head], eax
%assign gib 0
%rep 4
	lea eax, [%1 + boot_pd - boot_head + gib * 4096 + 3]
	mov [%1 + boot_pdpt - boot_head + gib * 8], eax
%assign gib gib + 1
%endrep
	lea eax, [%1 + boot_gdt - boot_head]
	mov [%1 + boot_gdt_pointer - boot_head + 2], eax
%endmacro

; Protected mode, paging off, flat segments; esi = boot_params. There is no stack: its scratch word serves for one call.
boot_head:
	cli
	cld
	lea esp, [esi + BOOT_PARAMS_SCRATCH + 4]
	call .here
.here:
	pop ebp
	sub ebp, .here - boot_head
	lea ebx, [ebp + linux_go - boot_head]

; ebp = boot_head, ebx = 64-bit code to go on at, esi = its argument.
boot_long_mode:
	lea esp, [ebp + boot_stack_top - boot_head]
	place_tables ebp
	lea eax, [ebp + boot_pml4 - boot_head]
	mov cr3, eax
	enable_long_mode
	lgdt [ebp + boot_gdt_pointer - boot_head]
	lea eax, [ebp + boot_long_mode_64 - boot_head]
	push CODE64
	push eax
	retf

	times ENTRY64 - ($ - boot_head) db 0

; Long mode, all of this image identity mapped; rsi = boot_params. It may be under five levels of page tables, which long
; mode cannot leave.
bits 64
linux_entry64:
	cli
	cld
	lea rbp, [rel boot_head]
	lea rbx, [rel linux_go]
	lea rsp, [rel boot_stack_top]
	place_tables rbp
	lgdt [rel boot_gdt_pointer]
	lea rax, [rel boot_pml4]
	mov rcx, cr4
	bt ecx, CR4_LA57
	jnc .levels
	lea rax, [rel boot_pml5]
.levels:
	mov cr3, rax
	lea rax, [rel boot_long_mode_64]
	push CODE64
	push rax
	o64 retf

; Both ways lead here: rbx = where to go on, rsi = argument, whose upper half 32-bit code could not set.
boot_long_mode_64:
	mov eax, DATA
	mov ss, eax
	mov ds, eax
	mov es, eax
	xor ebp, ebp
	lea rsp, [rel stack_top]
	mov ebx, ebx
	call rbx
	ud2

; barometer.bz is linked at 0; each of its dynamic relocations is R_X86_64_RELATIVE (the Makefile looks): an address to
; which the load address is added.
linux_go:
	lea rax, [rel boot_head]
	lea rcx, [rel rela_start]
	lea rdx, [rel rela_end]
.next:
	cmp rcx, rdx
	jae .done
	mov r8, [rcx]                   ; r_offset
	mov r9, [rcx + 16]              ; r_addend
	add r9, rax
	mov [rax + r8], r9
	add rcx, 24
	jmp .next
.done:
	mov rdi, rsi
	jmp linux_main

align 8
boot_gdt:
	dq 0
	dq 0x00af9b000000ffff           ; 64-bit code
	dq 0x00cf93000000ffff           ; data
boot_gdt_pointer:
	dw $ - boot_gdt - 1
	dq 0
align 16
	times 4 dq 0
boot_stack_top:

; The first 4 GiB, identity mapped, until the kernel has tables of its own. Written out here, not by code: on a
; hypervisor that emulates ring 0 each instruction of a loop costs microseconds.
align 4096
boot_pml5:
	times 512 dq 0
boot_pml4:
	times 512 dq 0
boot_pdpt:
	times 512 dq 0
boot_pd:
%assign page 0
%rep 4 * 512
	dq page * 0x200000 + 0x83
%assign page page + 1
%endrep
