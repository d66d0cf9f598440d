; Where other processors begin: real mode, at the start of a page below 1 MiB that kernel/smp.c copied this to. From there
; through protected mode to long mode with the kernel's page tables, and on to smp_main(). Also the two instructions that
; have to do with it and C has no words for.

default rel

extern smp_main, smp_starts, smp_start_count
global trampoline, trampoline_end, trampoline_values
global smp_entry, apic_id, apic_write_msr, apic_wrmsr

%define at(label) ((label) - trampoline)

section .rodata

bits 16
align 16
trampoline:
	cli
	cld
	xor ebx, ebx
	mov bx, cs
	mov ds, bx
	shl ebx, 4                      ; where this page is
	o32 lgdt [at(gdt_pointer)]
	mov eax, cr0
	or al, 1                        ; PE
	mov cr0, eax
	jmp far dword [at(to_protected)]

bits 32
in_protected_mode:
	mov eax, 0x10
	mov ds, eax
	mov es, eax
	mov ss, eax
	mov eax, [ebx + at(trampoline_values) + 8]
	mov cr4, eax
	mov eax, [ebx + at(trampoline_values) + 16]
	mov cr3, eax
	mov ecx, 0xc0000080             ; EFER
	xor edx, edx
	mov eax, 0x900                  ; NXE, LME
	wrmsr
	mov eax, [ebx + at(trampoline_values)]
	mov cr0, eax                    ; PG, and caches on, which INIT turned off
	jmp far dword [ebx + at(to_long)]

bits 64
in_long_mode:
	mov rax, [rbx + at(trampoline_values) + 24]
	jmp rax

align 8
gdt:
	dq 0
	dq 0x00cf9b000000ffff           ; 08h: code, 32 bit
	dq 0x00cf93000000ffff           ; 10h: data
	dq 0x00af9b000000ffff           ; 18h: code, 64 bit

; struct trampoline_values of kernel/smp.c.
trampoline_values:
	dq 0                            ; CR0
	dq 0                            ; CR4
	dq 0                            ; CR3
	dq 0                            ; smp_entry
gdt_pointer:
	dw $ - 1 - gdt
	dd at(gdt)                      ; plus the page's address, as in the next two
	dw 0
to_protected:
	dd at(in_protected_mode)
	dd 0x08
to_long:
	dd at(in_long_mode)
	dd 0x18
trampoline_end:

section .text

; This processor's APIC ID in eax: leaf 0Bh where it says anything (its EDX has all 32 bits), else leaf 1.
%macro read_apic_id 0
	xor eax, eax
	cpuid
	cmp eax, 0x0b
	jb %%short
	mov eax, 0x0b
	xor ecx, ecx
	cpuid
	test ebx, ebx
	jz %%short
	mov eax, edx
	jmp %%done
%%short:
	mov eax, 1
	cpuid
	mov eax, ebx
	shr eax, 24
%%done:
%endmacro

; uint32_t apic_id(void)
apic_id:
	push rbx
	read_apic_id
	pop rbx
	ret

; void apic_write_msr(uint32_t msr, uint64_t value)
apic_write_msr:
	mov ecx, edi
	mov eax, esi
	mov rdx, rsi
	shr rdx, 32
apic_wrmsr:
	wrmsr
	ret

; No stack yet. Whoever is not in the table was not asked for.
smp_entry:
	read_apic_id
	mov rsi, [smp_starts]
	mov ecx, [smp_start_count]
.next:
	jecxz .unknown
	cmp eax, [rsi]
	je .found
	add rsi, 24                     ; struct smp_start of kernel/smp.c
	dec ecx
	jmp .next
.unknown:
	hlt
	jmp .unknown
.found:
	mov rdi, [rsi + 8]
	mov rsp, [rsi + 16]
	xor ebp, ebp
	call smp_main
	ud2
