package emu

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// renamed is a machine of four vCPUs that have a stack of a page and some words
// each, a word there that holds their number, and a lock that they share.
func renamed(t require.TestingT, a x86.Arch) (*Machine, *Own) {
	m, err := New(Config{Arch: a, CPUs: 4})
	require.NoError(t, err)
	s := m.CPUs[0].Space
	frame := func() Frame {
		f, err := m.Mem.Alloc()
		require.NoError(t, err)
		return f
	}
	areas := [][]Area{nil, nil}
	var numbers []NumberWord
	words := uint64(0x20000)
	require.NoError(t, s.Map(words, frame(), 1, Write))
	for cpu := range uint64(4) {
		at := 0x10000 + cpu*0x2000
		require.NoError(t, s.Map(at, frame(), 1, Write))
		areas[0] = append(areas[0], Area{at, at + PageSize})
		areas[1] = append(areas[1], Area{words + cpu*64, words + cpu*64 + 64})
		numbers = append(numbers, NumberWord{Addr: at + 12, Size: 4})
		m.PokeWord(s, at+12, 4, cpu)
	}
	lock := NumberWord{Addr: words + 0x800, Size: a.Word(), First: 1}
	return m, NewOwn(m, areas, append(numbers, lock))
}

// dirty gives the vCPUs registers and memory, many of them addresses in areas.
func dirty(t *rapid.T, m *Machine, o *Own) {
	word := m.Arch.Word()
	value := func() uint64 {
		v := rapid.Uint64().Draw(t, "value") & (1<<(8*word) - 1)
		if word == 8 {
			v = rapid.Uint64().Draw(t, "value")
		}
		if rapid.Bool().Draw(t, "address") {
			list := o.areas[rapid.IntRange(0, 1).Draw(t, "kind")]
			a := list[rapid.IntRange(0, 3).Draw(t, "of")]
			v = a.Low + v%(a.High-a.Low+1)
		}
		return v
	}
	s := m.CPUs[0].Space
	for _, c := range m.CPUs {
		c.GPR[rapid.IntRange(0, 15).Draw(t, "register")] = value()
		c.Halted = rapid.Bool().Draw(t, "halted")
		if rapid.Bool().Draw(t, "fpu") {
			c.changeExtended().YMM[1][0] = 3
		}
		for _, list := range o.areas {
			a := list[c.ID]
			at := a.Low + uint64(16+word*rapid.IntRange(0, 5).Draw(t, "at"))
			m.PokeWord(s, at, word, value())
		}
	}
	m.PokeWord(s, o.numbers[4].Addr, word, uint64(rapid.IntRange(0, 6).Draw(t, "owner")))
}

func permutation(t *rapid.T) (to [MaxCPUs]uint8) {
	for i, p := range rapid.Permutation([]uint8{0, 1, 2, 3}).Draw(t, "to") {
		to[i] = p
	}
	for i := 4; i < MaxCPUs; i++ {
		to[i] = uint8(i)
	}
	return to
}

// Renaming is a group of one-to-one changes of states: one behind another is
// their product, and each can be undone. What a vCPU has of its own goes along.
func TestRenamingsAreAGroup(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, own := renamed(t, a)
		defer m.Close()
		empty := m.Snapshot()
		rapid.Check(t, func(t *rapid.T) {
			m.Restore(empty)
			dirty(t, m, own)
			before := m.Snapshot()
			hash, parts := m.Hash(true), ownHashes(m, own)
			p, q := permutation(t), permutation(t)
			var product, back [MaxCPUs]uint8
			for i := range p {
				product[i], back[p[i]] = q[p[i]], uint8(i)
			}
			m.Rename(own.Renaming(p))
			for i, h := range ownHashes(m, own) {
				require.Equal(t, parts[back[i]], h)
			}
			middle := m.Snapshot()
			m.Rename(own.Renaming(q))
			twice := m.Hash(true)
			m.Restore(before)
			require.Equal(t, hash, m.Hash(true))
			m.Rename(own.Renaming(product))
			require.Equal(t, twice, m.Hash(true))
			m.Restore(middle)
			m.Rename(own.Renaming(back))
			require.Equal(t, hash, m.Hash(true))
		})
	})
}

func ownHashes(m *Machine, o *Own) (list []uint64) {
	for _, c := range m.CPUs {
		n := o.NewNamer(func(int) bool { return true })
		n.Self(c.ID)
		var h Hasher
		m.HashOwn(&h, c.ID, n)
		o.HashAreas(&h, c.ID, n, nil)
		o.Names(&h, c.ID)
		list = append(list, h.Sum())
	}
	return list
}

// An address in an area and a number go along, other words stay.
func TestRenameMovesWhatNamesAVCPU(t *testing.T) {
	m, own := renamed(t, x86.I386)
	defer m.Close()
	s := m.CPUs[0].Space
	m.CPUs[0].GPR[x86.RSP], m.CPUs[0].GPR[x86.RAX], m.CPUs[0].GPR[x86.RCX] = 0x10f00, 0x11000, 0x14010
	m.PokeWord(s, 0x10f00, 4, 0x12010)
	m.PokeWord(s, 0x10f04, 4, 77)
	m.PokeWord(s, 0x20800, 4, 1)
	to := [MaxCPUs]uint8{1, 0, 2, 3, 4, 5, 6, 7}
	m.Rename(own.Renaming(to))
	require.Equal(t, []uint64{0x12f00, 0x13000, 0x14010}, []uint64{m.CPUs[1].GPR[x86.RSP], m.CPUs[1].GPR[x86.RAX], m.CPUs[1].GPR[x86.RCX]})
	word := func(at uint64) uint64 { return s.Word(at, 4) }
	require.Equal(t, []uint64{0x10010, 77, 0, 0}, []uint64{word(0x12f00), word(0x12f04), word(0x10f00), word(0x10f04)})
	require.Equal(t, []uint64{0, 1, 2}, []uint64{word(0x1000c), word(0x1200c), word(0x20800)}, "numbers, and the lock's owner")
}

// What steps depend on is known by all of it: the vCPU's own values, what is
// nobody's, and the memory used, whatever changes in it. Addresses and numbers
// tell whom the steps can tell.
func TestDependenceHasAllThatStepsUse(t *testing.T) {
	m, own := renamed(t, x86.I386)
	defer m.Close()
	s := m.CPUs[0].Space
	code, err := m.Mem.Alloc()
	require.NoError(t, err)
	require.NoError(t, s.Map(0x1000, code, 1, Write))
	root := m.Snapshot()
	used := []Loc{own.loc(0x1000), own.loc(0x10008), own.loc(0x12f00), own.loc(0x20040), own.loc(0x20800)}
	key := func() (uint64, []int) {
		n := own.NewNamer(func(int) bool { return true })
		var h Hasher
		h.Uint64(n.CPU(0))
		m.HashOwn(&h, 0, n)
		m.HashShared(&h)
		for _, l := range used {
			require.True(t, own.HashUse(&h, n, m.Snapshot(), 0, l, 0xff))
		}
		require.False(t, own.HashUse(&h, n, m.Snapshot(), 0, RegisterLoc(2, RegisterIP), 1), "another one's register")
		return h.Sum(), n.Met
	}
	first, met := key()
	require.Equal(t, []int{0, 1, 2}, met, "two areas of vCPU 1 are used")
	seen := map[uint64]string{first: "nothing"}
	for name, change := range map[string]func(c *CPU){
		"register":        func(c *CPU) { c.GPR[x86.RDI]++ },
		"rip":             func(c *CPU) { c.RIP++ },
		"flags":           func(c *CPU) { c.RFLAGS ^= x86.IF },
		"segment":         func(c *CPU) { c.Seg[x86.FS].Base++ },
		"cpl":             func(c *CPU) { c.CPL = 3 },
		"shadow":          func(c *CPU) { c.Shadow = 1 },
		"idtr":            func(c *CPU) { c.Sys.IDTR.Limit++ },
		"tr":              func(c *CPU) { c.Sys.TR.Base++ },
		"another's tr":    func(*CPU) { m.CPUs[3].Sys.TR.Limit++ },
		"cr2":             func(c *CPU) { c.Sys.CR2++ },
		"dr7":             func(c *CPU) { c.Sys.DR[7]++ },
		"msr":             func(c *CPU) { c.Sys.MSR.FMask++ },
		"pending trap":    func(c *CPU) { c.Raise(*Fault(x86.VecDE)) },
		"interrupt":       func(c *CPU) { c.RaiseInterrupt(0x30) },
		"nmi under way":   func(c *CPU) { c.inNMI = true },
		"halted":          func(c *CPU) { c.Halted = true },
		"shutdown":        func(c *CPU) { c.Shutdown = "x" },
		"held breaks":     func(c *CPU) { c.heldDR6 = 1 },
		"floating point":  func(c *CPU) { c.changeExtended().YMM[0][0] = 1 },
		"mapping":         func(*CPU) { s.Protect(0x1000, 1, Exec) },
		"code":            func(*CPU) { m.PokeWord(s, 0x1003, 1, 1) },
		"own stack":       func(*CPU) { m.PokeWord(s, 0x10008, 1, 1) },
		"another's stack": func(*CPU) { m.PokeWord(s, 0x12f04, 1, 1) },
		"own address":     func(*CPU) { m.PokeWord(s, 0x12f04, 4, 0x10008) },
		"words":           func(*CPU) { m.PokeWord(s, 0x20044, 4, 9) },
		"owner":           func(*CPU) { m.PokeWord(s, 0x20800, 4, 2) },
	} {
		change(m.CPUs[0])
		h, _ := key()
		require.NotContains(t, seen, h, name)
		seen[h] = name
		m.Restore(root)
	}
	m.PokeWord(s, 0x20800, 4, 4)
	_, met = key()
	require.Equal(t, []int{0, 1, 3, 2}, met, "the lock is vCPU 3's")
	require.Equal(t, uint64(4), binary.LittleEndian.Uint64(m.Mem.Bytes(Frame(own.loc(0x20800) / 512))[0x800:]))
}
