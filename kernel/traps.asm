; The 32 exception vectors.

bits 64
default rel

extern trap
global trap_vectors

section .text

%macro vector 1
	align 16
	; These vectors push an error code by themselves (Intel SDM volume 3, table 6-1).
%if %1 = 8 || (%1 >= 10 && %1 <= 14) || %1 = 17 || %1 = 21 || %1 = 29 || %1 = 30
%else
	push 0
%endif
	push %1
	jmp trap_common
%endmacro

	align 16
trap_vectors:                   ; 16 bytes each
%assign n 0
%rep 32
	vector n
%assign n n + 1
%endrep

; struct trap_frame of kernel/traps.h, from the highest address down.
trap_common:
	push rax
	push rcx
	push rdx
	push rbx
	push rbp
	push rsi
	push rdi
	push r8
	push r9
	push r10
	push r11
	push r12
	push r13
	push r14
	push r15
	mov rax, cr2
	push rax
	cld
	mov rdi, rsp
	mov rbx, rsp
	and rsp, -16
	call trap               ; returns to go on where the frame now says
	mov rsp, rbx
	add rsp, 8              ; cr2
	pop r15
	pop r14
	pop r13
	pop r12
	pop r11
	pop r10
	pop r9
	pop r8
	pop rdi
	pop rsi
	pop rbp
	pop rbx
	pop rdx
	pop rcx
	pop rax
	add rsp, 16             ; vector and error code
	iretq
