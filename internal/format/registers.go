package format

import (
	"slices"

	"trapline/internal/x86"
)

// generalRegisters lists the full-width general registers of an architecture.
func generalRegisters(arch string) []string {
	a, _ := x86.ParseArch(arch) // parseMachine has checked it
	return a.RegNames()
}

func isRegister(arch, name string) bool { return slices.Contains(generalRegisters(arch), name) }

// readableRegisters lists what an expression may name behind "%".
func readableRegisters(arch string) []string {
	a, _ := x86.ParseArch(arch)
	list := append(a.RegNames(), a.IPName(), a.FlagsName())
	for _, segment := range []int{x86.CS, x86.SS, x86.DS, x86.ES} {
		list = append(list, x86.SegmentName(segment))
	}
	list = append(list, "cr2", "dr6", "cpl")
	return append(list, TaskFlags...)
}

func isReadable(arch, name string) bool { return slices.Contains(readableRegisters(arch), name) }
