package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/x86"
)

// vm86Rig runs code in virtual-8086 mode: CS 0x100 (linear 0x1000), DS and ES
// 0x500, SS 0x700, with IOPL.
func vm86Rig(t *testing.T, iopl uint64, code ...byte) (*Machine, *CPU, *taken) {
	t.Helper()
	m, c, k := newTaken(t, x86.I386, code...)
	ring3(c)
	for i, sel := range map[int]uint16{x86.CS: 0x100, x86.DS: 0x500, x86.ES: 0x500, x86.SS: 0x700, x86.FS: 0, x86.GS: 0} {
		c.setSegVM86(i, sel)
	}
	c.RFLAGS |= x86.VM | iopl<<12
	c.RIP, c.GPR[x86.RSP] = 0, 0xffe
	return m, c, k
}

// IRET of ring 0 with VM in the image enters it: nine words (SDM vol. 3, 20.2.5).
func TestVM86EntryByIRET(t *testing.T) {
	m, c, k := iretRig(t, x86.I386, []byte{0xcf}, 0x12345, 0x100, uint64(x86.VM|x86.IF|x86.IOPL|2), 0xabcd0ffe, 0x700, 0x510, 0x500, 0x20, 0x30)
	m.Step(0)
	require.Empty(t, k.traps)
	require.EqualValues(t, 0x2345, c.RIP)
	require.EqualValues(t, 0xabcd0ffe, c.GPR[x86.RSP])
	require.Equal(t, x86.VM|x86.IF|x86.IOPL|x86.FlagsFixed, c.RFLAGS)
	require.EqualValues(t, 3, c.CPL)
	for i, sel := range map[int]uint32{x86.CS: 0x100, x86.SS: 0x700, x86.ES: 0x510, x86.DS: 0x500, x86.FS: 0x20, x86.GS: 0x30} {
		require.Equal(t, Seg{Base: uint64(sel) << 4, Sel: sel, Limit: 0xffff, Flags: 0xf300}, c.Seg[i])
	}

	m, c, k = iretRig(t, x86.I386, []byte{0xcf}, 0x1008, 0x23, uint64(x86.VM|x86.IF|2), 0x7f00, 0x2b)
	ring3(c)
	c.RIP = 0x1000
	m.Step(0)
	require.Empty(t, k.traps)
	require.Zero(t, c.RFLAGS&x86.VM, "ring 3 cannot set it")
}

// Addresses are 16 times the selector plus an offset of 16 bits; operands have
// 16 bits unless a prefix says otherwise.
func TestVM86Runs16BitCode(t *testing.T) {
	m, c, k := vm86Rig(t, 0,
		0xb8, 0x34, 0x12, // mov $0x1234,%ax
		0x89, 0x47, 0x02, // mov %ax,2(%bx)
		0x50,             // push %ax
		0xe8, 0x01, 0x00, // call +1
		0x90,
		0x66, 0x40, // inc %eax
		0x8e, 0xd8, // mov %ax,%ds
		0xea, 0x00, 0x00, 0x00, 0x01) // ljmp 0x100:0
	c.GPR[x86.RBX], c.GPR[x86.RAX] = 0x10, 0xffff0000
	m.Step(0)
	require.EqualValues(t, 0xffff1234, c.GPR[x86.RAX])
	ev := m.Step(0)
	require.Equal(t, []MemWrite{{Addr: 0x5012, New: 0x1234, Size: 2}}, ev.Writes)
	ev = m.Step(0)
	require.Equal(t, []MemWrite{{Addr: 0x7ffc, New: 0x1234, Size: 2}}, ev.Writes)
	ev = m.Step(0)
	require.Equal(t, []MemWrite{{Addr: 0x7ffa, New: 10, Size: 2}}, ev.Writes)
	require.EqualValues(t, 11, c.RIP)
	m.Step(0)
	require.EqualValues(t, 0xffff1235, c.GPR[x86.RAX])
	m.Step(0)
	require.Equal(t, Seg{Base: 0x12350, Sel: 0x1235, Limit: 0xffff, Flags: 0xf300}, c.Seg[x86.DS])
	m.Step(0)
	require.EqualValues(t, 0, c.RIP)
	require.EqualValues(t, 0x1000, c.LinearPC())
	require.Empty(t, k.traps)
}

// What would see or change IF needs IOPL 3; INT3 and INTO do not; I/O needs a
// bitmap; instructions about descriptors do not exist (SDM vol. 3, 20.2.7, 20.2.8).
func TestVM86SensitiveInstructions(t *testing.T) {
	gp, ud := *FaultErr(x86.VecGP, 0), *Fault(x86.VecUD)
	for name, tt := range map[string]struct {
		code         []byte
		iopl0, iopl3 Trap // none: it runs
	}{
		"cli":   {[]byte{0xfa}, gp, Trap{}},
		"sti":   {[]byte{0xfb}, gp, Trap{}},
		"pushf": {[]byte{0x9c}, gp, Trap{}},
		"popf":  {[]byte{0x9d}, gp, Trap{}},
		"iret":  {[]byte{0xcf}, gp, Trap{}},
		"int":   {[]byte{0xcd, 0x21}, gp, Trap{Vector: 0x21, Op: 0xcd}},
		"int3":  {[]byte{0xcc}, Trap{Vector: x86.VecBP, Op: 0xcc}, Trap{Vector: x86.VecBP, Op: 0xcc}},
		"in":    {[]byte{0xec}, gp, gp},
		"hlt":   {[]byte{0xf4}, gp, gp},
		"lar":   {[]byte{0x0f, 0x02, 0xc0}, ud, ud},
		"str":   {[]byte{0x0f, 0x00, 0xc8}, ud, ud},
		"arpl":  {[]byte{0x63, 0xc0}, ud, ud},
		"nop":   {[]byte{0x90}, Trap{}, Trap{}},
	} {
		t.Run(name, func(t *testing.T) {
			for iopl, want := range map[uint64]Trap{0: tt.iopl0, 3: tt.iopl3} {
				m, c, k := vm86Rig(t, iopl, tt.code...)
				c.GPR[x86.RSP] = 0xf00
				m.Step(0)
				require.NoError(t, m.Err())
				if want == (Trap{}) {
					require.Empty(t, k.traps)
				} else {
					require.Equal(t, []Trap{want}, k.traps)
				}
				require.NotZero(t, c.RFLAGS&x86.VM)
			}
		})
	}
}

// IRET, POPF and PUSHF of the 8086 with IOPL 3: IOPL and VM stay.
func TestVM86Flags(t *testing.T) {
	m, c, k := vm86Rig(t, 3, 0xcf, 0x9c, 0x9d)
	c.GPR[x86.RSP] = 0xf00
	for i, w := range []uint16{1, 0x100, uint16(x86.CF | x86.IF | 2)} {
		require.True(t, m.PokeWord(c.Space, 0x7f00+uint64(2*i), 2, uint64(w)))
	}
	m.Step(0)
	require.Empty(t, k.traps)
	require.Equal(t, x86.CF|x86.IF|x86.IOPL|x86.VM|x86.FlagsFixed, c.RFLAGS)
	require.EqualValues(t, 1, c.RIP)
	require.EqualValues(t, 0xf06, c.GPR[x86.RSP])
	ev := m.Step(0)
	require.EqualValues(t, x86.CF|x86.IF|x86.IOPL|2, ev.Writes[0].New)
	require.True(t, m.PokeWord(c.Space, 0x7f04, 2, 2))
	m.Step(0)
	require.Equal(t, x86.IOPL|x86.VM|x86.FlagsFixed, c.RFLAGS)
}

// The limit is 64 KiB: of code, of data, and a word does not wrap around.
func TestVM86Limit(t *testing.T) {
	m, c, k := vm86Rig(t, 0, 0x8b, 0x07) // mov (%bx),%ax
	c.GPR[x86.RBX] = 0xffff
	m.Step(0)
	require.Equal(t, *FaultErr(x86.VecGP, 0), k.last(t))
	m, c, k = vm86Rig(t, 0, 0x66, 0xe9, 0xfa, 0xff, 0, 0) // jmp to 0x10000, by a 32-bit offset
	m.Step(0)
	require.Equal(t, *FaultErr(x86.VecGP, 0), k.last(t))
	require.Zero(t, c.RIP)
}
