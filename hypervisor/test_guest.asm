; SPDX-License-Identifier: BSD-2-Clause
; A guest without firmware for test_patches.py: 64 KiB below 4 GiB, entered at the reset vector. It enables ECAM at
; 0xb0000000, gives the root port at 00:01.0 bus 1, and then, with -DPOLL, reads one dword of 01:00.0 for ever and notes each
; value that it has not seen yet; or else writes code into the port's registers, runs it, and does so again with other code.
; Results: dwords from 0x10000 on, how many first.
bits 16
org 0
%define LINEAR 0xffff0000
%define RESULTS 0x10000
%define PORT 0xb0008000		; 00:01.0
%define POLLED 0xb0100034		; capabilities pointer and the reserved bytes behind it

start:
	cli
	o32 lgdt [cs:table]
	mov eax, cr0
	or al, 1
	mov cr0, eax
	jmp dword 8:LINEAR + flat

align 8
segments:
	dq 0
	dq 0x00cf9a000000ffff
	dq 0x00cf92000000ffff
table:
	dw 23
	dd LINEAR + segments

bits 32
flat:
	mov ax, 16
	mov ds, ax
	mov es, ax
	mov ss, ax
	mov esp, 0x8000
	mov dword [RESULTS], 0
	mov dx, 0xcf8
	mov eax, 0x80000060		; PCIEXBAR
	out dx, eax
	mov dx, 0xcfc
	mov eax, 0xb0000001
	out dx, eax
	mov dword [PORT + 0x18], 0x00010100

%ifdef POLL
.next:
	mov eax, [POLLED]
	mov ecx, [RESULTS]
	mov edi, RESULTS + 4
	repne scasd
	je .next
	mov ecx, [RESULTS]
	cmp ecx, 64
	jae .next
	mov [RESULTS + 4 + ecx * 4], eax
	inc dword [RESULTS]
	jmp .next
%else
	; Upper halves of the prefetchable window, eight bytes that can be written
	mov dword [PORT + 0x28], 0x90c341b0	; mov al, 'A'; ret
	mov ebx, PORT + 0x28
	xor eax, eax
	call ebx
	mov [RESULTS + 4], eax
	mov dword [PORT + 0x28], 0x90c342b0	; mov al, 'B'; ret
	call ebx
	mov [RESULTS + 8], eax
	mov dword [RESULTS], 2
	jmp $
%endif

times 0xfff0 - ($ - $$) db 0
bits 16
	jmp start
times 0x10000 - ($ - $$) db 0
