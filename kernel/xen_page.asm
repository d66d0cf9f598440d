; The page that Xen fills with its hypercalls, each of which returns; before that each returns as well.

bits 64

global xen_page

section .text.xen_page progbits alloc exec nowrite align=4096

xen_page:
	times 4096 db 0xc3              ; ret
