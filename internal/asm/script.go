package asm

import (
	"fmt"
	"strings"
)

// linkerScript places the sections: text, read-only data and data in three
// segments of their own pages, text and data at the asked addresses. Sections
// of other names go after the standard one with their permissions. Headers
// are in no segment.
func (s *Source) linkerScript() string {
	dataBase := "ALIGN(4096)"
	if s.DataBase != 0 {
		dataBase = fmt.Sprintf("%#x", s.DataBase)
	}
	return strings.NewReplacer("@TEXT@", fmt.Sprintf("%#x", s.Base), "@DATA@", dataBase).Replace(
		`PHDRS { text PT_LOAD; rodata PT_LOAD; data PT_LOAD; }
SECTIONS {
	. = @TEXT@;
	.text : { *(.text) *(.text.*) } :text
	. = ALIGN(4096);
	.rodata : { *(.rodata) *(.rodata.*) } :rodata
	. = @DATA@;
	.data : { *(.data) *(.data.*) } :data
	.bss : { *(.bss) *(.bss.*) *(COMMON) } :data
}
`)
}
