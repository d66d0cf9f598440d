; The least that QEMU's -kernel boots by PVH: a whole ELF file whose one instruction of note ends QEMU with a pass.
; check/bench-boot subtracts it, so to speak, from barometer: what is left is what barometer itself costs.
;
;   nasm -f bin -o exit-at-once.elf check/exit-at-once.asm

BITS 32
ORG 0x100000

PT_LOAD equ 1
PT_NOTE equ 4
XEN_ELFNOTE_PHYS32_ENTRY equ 18

elf:    db 0x7f, "ELF", 1, 1, 1, 0          ; 32-bit, little-endian
        times 8 db 0
        dw 2, 3                             ; an executable for the i386
        dd 1, start, headers - elf, 0, 0    ; version, entry, program headers, no sections, no flags
        dw headers - elf, 32, 2, 0, 0, 0    ; ELF header's size; two program headers of 32 bytes

headers:
        dd PT_LOAD, 0, elf, elf, end - elf, end - elf, 5, 4096
        dd PT_NOTE, note - elf, note, note, end_of_note - note, end_of_note - note, 4, 4

note:   dd 4, 4, XEN_ELFNOTE_PHYS32_ENTRY
        db "Xen", 0
        dd start
end_of_note:

start:  mov al, 0x10                        ; pass
        out 0xf4, al                        ; isa-debug-exit
.halt:  hlt                                 ; without that device there is no other end
        jmp .halt
end:
