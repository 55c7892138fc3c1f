package mm

import (
	"encoding/binary"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/x86"
)

// ldtPages hold as many descriptors as a table can have.
const ldtPages = abi.LDT_ENTRIES * abi.LDT_ENTRY_SIZE / emu.PageSize

// ldtSelectors are the kernel's selectors of the table (GDT_ENTRY_LDT).
var ldtSelectors = map[x86.Arch]uint16{x86.I386: 0x88, x86.AMD64: 0x50}

// LdtRegister is LDTR for threads of the address space.
func (mm *MM) LdtRegister() emu.SystemSeg {
	if mm.ldtEntries == 0 {
		return emu.SystemSeg{}
	}
	return emu.SystemSeg{Sel: ldtSelectors[mm.shared.machine.Arch], Base: mm.shared.tables.ldt, Limit: uint32(mm.ldtEntries*abi.LDT_ENTRY_SIZE - 1), Type: x86.SystemLDT}
}

// mapLDT gives the address space memory for a table; false: there is none left.
func (mm *MM) mapLDT() bool {
	for i := range uint64(ldtPages) {
		f, n := mm.shared.pages.Alloc(1)
		if n == 0 || mm.done(mm.space.Map(mm.shared.tables.ldt+i*emu.PageSize, f, 1, emu.Write)) != FaultDone {
			return false
		}
	}
	return true
}

// dropLDT gives the table's memory back.
func (mm *MM) dropLDT() {
	if mm.ldtEntries != 0 {
		mm.DropPages(mm.shared.tables.ldt, mm.shared.tables.ldt+ldtPages*emu.PageSize)
		mm.ldtEntries = 0
	}
}

// copyLDT gives n, a copy of mm, a table of its own (ldt_dup_context()).
func (mm *MM) copyLDT(n *MM) bool {
	if mm.ldtEntries == 0 {
		return true
	}
	if !n.mapLDT() {
		return false
	}
	b := mm.ReadLDT()
	n.ldtEntries = mm.ldtEntries
	return n.shared.machine.WriteBytes(n.space, n.shared.tables.ldt, b) == nil
}

// ReadLDT is the table's descriptors.
func (mm *MM) ReadLDT() []byte {
	b := make([]byte, mm.ldtEntries*abi.LDT_ENTRY_SIZE)
	return b[:mm.space.Peek(mm.shared.tables.ldt, b)]
}

// SetLDT puts a descriptor into the table, which is made if there is none; false: memory is used up.
func (mm *MM) SetLDT(entry int, d uint64) bool {
	if mm.ldtEntries == 0 && !mm.mapLDT() {
		return false
	}
	mm.ldtEntries = max(mm.ldtEntries, entry+1)
	return mm.shared.machine.WriteBytes(mm.space, mm.shared.tables.ldt+uint64(entry)*abi.LDT_ENTRY_SIZE, binary.LittleEndian.AppendUint64(nil, d)) == nil
}
