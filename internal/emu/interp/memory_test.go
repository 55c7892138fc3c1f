package interp_test

import (
	"encoding/binary"

	"trapline/internal/emu/regs"
	"trapline/internal/rigs/silicon"
	"trapline/internal/x86"
)

// access is one that an instruction made.
type access struct {
	write bool
	addr  uint64
	size  uint8
	v     uint64
}

// Where memory is: size bytes from base on, nothing around them.
const (
	memBase = silicon.DataBase
	memSize = silicon.DataSize

	codeBase = silicon.CodeBase
)

// testMemory is flat memory: an access outside it is refused, and so is a store to the code.
type testMemory struct {
	c          *regs.Core
	code, data []byte
	list       []access
	refused    uint64 // the address of the last refused access
}

// at is the place of an access, or nil.
func (m *testMemory) at(seg uint8, offset uint64, size uint8, write bool) ([]byte, uint64) {
	a := offset
	if write && seg == x86.CS && m.c.Code64 == 0 {
		return nil, a
	}
	if last := a + uint64(size) - 1; m.c.Code64 == 0 && (last < a || last > uint64(m.c.Seg[seg].Limit)) {
		m.refused = a
		return nil, a
	}
	switch {
	case m.c.Code64 == 0:
		a = (a + m.c.Seg[seg].Base) & 0xffffffff
	case seg >= x86.FS:
		a += m.c.Seg[seg].Base
	}
	switch last := a + uint64(size) - 1; {
	case a >= memBase && last < memBase+memSize && a <= last:
		return m.data[a-memBase:], a
	case !write && a >= codeBase && last < codeBase+uint64(len(m.code)) && a <= last:
		return m.code[a-codeBase:], a
	}
	m.refused = a
	return nil, a
}

func (m *testMemory) Load(seg uint8, offset uint64, size uint8) (uint64, bool) {
	return m.load(seg, offset, size, false)
}

func (m *testMemory) load(seg uint8, offset uint64, size uint8, write bool) (uint64, bool) {
	b, a := m.at(seg, offset, size, write)
	if b == nil {
		return 0, false
	}
	var w [8]byte
	copy(w[:], b[:size])
	v := binary.LittleEndian.Uint64(w[:])
	m.list = append(m.list, access{false, a, size, v})
	return v, true
}

func (m *testMemory) LoadToStore(seg uint8, offset uint64, size uint8) (uint64, bool) {
	return m.load(seg, offset, size, true)
}

func (m *testMemory) Store(seg uint8, offset uint64, size uint8, v uint64) bool {
	b, a := m.at(seg, offset, size, true)
	if b == nil {
		return false
	}
	var w [8]byte
	binary.LittleEndian.PutUint64(w[:], v)
	copy(b, w[:size])
	m.list = append(m.list, access{true, a, size, v})
	return true
}

func (m *testMemory) Probe(seg uint8, offset uint64, size uint8, write bool) bool {
	b, _ := m.at(seg, offset, size, write)
	return b != nil
}
